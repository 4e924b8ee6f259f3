/// XXH64 with seed 0 (Yann Collet's xxHash): a fast 64-bit hash that detects damage, not forgery.
package enum XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// Hash of `bytes`.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var offset = 0
        var sum = bytes.count < 32 ? prime5 : hashStripes(bytes, &offset)
        sum &+= UInt64(bytes.count)
        while offset + 8 <= bytes.count {
            sum = rotate(sum ^ round(0, load(bytes, offset)), 27) &* prime1 &+ prime4
            offset += 8
        }
        if offset + 4 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            sum = rotate(sum ^ UInt64(UInt32(littleEndian: word)) &* prime1, 23)
            sum = sum &* prime2 &+ prime3
            offset += 4
        }
        for byte in bytes[offset...] { sum = rotate(sum ^ UInt64(byte) &* prime5, 11) &* prime1 }
        sum = (sum ^ sum >> 33) &* prime2
        sum = (sum ^ sum >> 29) &* prime3
        return sum ^ sum >> 32
    }

    /// Processes whole stripes of 32 bytes with four independent sums.
    private static func hashStripes(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64
    {
        var a = prime1 &+ prime2
        var b = prime2
        var c: UInt64 = 0
        var d = 0 &- prime1
        while offset + 32 <= bytes.count {
            a = round(a, load(bytes, offset))
            b = round(b, load(bytes, offset + 8))
            c = round(c, load(bytes, offset + 16))
            d = round(d, load(bytes, offset + 24))
            offset += 32
        }
        let sum = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
        return [a, b, c, d].reduce(sum) { ($0 ^ round(0, $1)) &* prime1 &+ prime4 }
    }

    @inline(__always)
    private static func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func round(_ sum: UInt64, _ word: UInt64) -> UInt64 {
        rotate(sum &+ word &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }
}
