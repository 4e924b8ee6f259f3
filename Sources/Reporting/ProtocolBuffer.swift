/// The parts of the protocol buffers wire format that TensorBoard's events need.
struct ProtocolBuffer {
    private(set) var bytes: [UInt8] = []

    mutating func integer(_ field: Int, _ value: Int) {
        variableInteger(UInt64(field) << 3)
        variableInteger(UInt64(bitPattern: Int64(value)))
    }

    mutating func double(_ field: Int, _ value: Double) {
        variableInteger(UInt64(field) << 3 | 1)
        fixed(value.bitPattern)
    }

    mutating func float(_ field: Int, _ value: Float) {
        variableInteger(UInt64(field) << 3 | 5)
        fixed(value.bitPattern)
    }

    mutating func string(_ field: Int, _ value: String) { block(field, Array(value.utf8)) }

    mutating func message(_ field: Int, _ fill: (inout ProtocolBuffer) -> Void) {
        var inner = ProtocolBuffer()
        fill(&inner)
        block(field, inner.bytes)
    }

    /// Little-endian, like all fixed sizes of both protocol buffers and TFRecord.
    mutating func fixed(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    /// Appends bytes unmodified.
    mutating func raw(_ value: [UInt8]) { bytes += value }

    private mutating func block(_ field: Int, _ content: [UInt8]) {
        variableInteger(UInt64(field) << 3 | 2)
        variableInteger(UInt64(content.count))
        bytes += content
    }

    private mutating func variableInteger(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
