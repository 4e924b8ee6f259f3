/// The element type of the values that travel between ranks.
public enum WireType: Sendable, CaseIterable {
    /// As they are: 4 bytes a value, nothing lost beyond the rounding of the additions.
    case float32
    /// Rounded to bfloat16 at every hop, added in `Float`: half the bytes, 8 significant bits.
    case bfloat16

    /// Bytes of one value in a message.
    public var bytesPerElement: Int {
        switch self {
        case .float32: 4
        case .bfloat16: 2
        }
    }
}
