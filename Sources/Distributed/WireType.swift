/// Element type of the values sent between ranks; raw values are those of `parallel.wire`.
public enum WireType: String, Sendable, CaseIterable {
    /// Unchanged: 4 bytes per value, no loss beyond the rounding of the additions.
    case float32 = "fp32"
    /// Rounded to bfloat16 at every hop, added in `Float`: half the bytes, 8 significant bits.
    case bfloat16 = "bf16"

    /// Bytes of one value in a message.
    public var bytesPerElement: Int {
        switch self {
        case .float32: 4
        case .bfloat16: 2
        }
    }
}
