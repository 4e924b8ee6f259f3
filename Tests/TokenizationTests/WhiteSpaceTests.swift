import Testing
import Tokenization

struct WhiteSpaceTests {
    @Test("bytes and code points have one table")
    func oneTable() {
        for value in UInt32(0)...0x1_FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(String(Character(scalar)).utf8)
            let length = bytes.withUnsafeBufferPointer { WhiteSpace.length(at: 0, in: $0) }
            #expect(length == (WhiteSpace.contains(value) ? bytes.count : 0), "\(value)")
        }
    }

    @Test("white space is Unicode's White_Space plus the four ASCII separators")
    func definition() {
        for value in UInt32(0)...0x10_FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let expected = scalar.properties.isWhitespace || (0x1C...0x1F).contains(value)
            #expect(WhiteSpace.contains(value) == expected, "\(value)")
        }
    }

    @Test(
        "bytes that are cut off or are no UTF-8 are none",
        arguments: [
            [0xC2], [0xC2, 0x05], [0xE3, 0x80], [0xE3, 0x80, 0x00], [0xE3, 0x00, 0x80], [0x80],
            [0xFF],
        ] as [[UInt8]])
    func broken(bytes: [UInt8]) {
        #expect(bytes.withUnsafeBufferPointer { WhiteSpace.length(at: 0, in: $0) } == 0)
    }
}
