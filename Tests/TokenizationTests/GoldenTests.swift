import Testing
import Tokenization

/// Ids and words produced by Hugging Face's tokenizer; `Golden/generate.py` is the recipe.
@Suite struct GoldenTests {
    private static func tokenizer(lowercase: Bool) throws -> WordPieceTokenizer {
        let vocabulary = try Vocabulary(utf8: golden("vocab.txt"))
        return WordPieceTokenizer(vocabulary: vocabulary, lowercase: lowercase)
    }

    private struct Case {
        let text: [UInt8]
        let ids: [Int32]
    }

    private static func cases(lowercase: Bool) throws -> [Case] {
        try String(decoding: golden("cases.tsv"), as: UTF8.self).split(separator: "\n").map {
            let fields = $0.split(separator: "\t", omittingEmptySubsequences: false)
            try #require(fields.count == 3)
            let digits = Array(fields[0])
            let text = try stride(from: 0, to: digits.count, by: 2).map {
                try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
            }
            let ids = try fields[lowercase ? 1 : 2].split(separator: " ").map {
                try #require(Int32($0))
            }
            return Case(text: text, ids: ids)
        }
    }

    @Test(arguments: [true, false]) func idsAreThoseOfHuggingFace(lowercase: Bool) throws {
        let encoder = WordPieceEncoder(try Self.tokenizer(lowercase: lowercase))
        let cases = try Self.cases(lowercase: lowercase)
        #expect(cases.count > 600)
        // In the second pass most words come from the cache.
        for pass in 0..<2 {
            for example in cases {
                var ids: [Int32] = []
                encoder.encode(example.text, into: &ids)
                let text = String(decoding: example.text, as: UTF8.self)
                #expect(ids == example.ids, "pass \(pass): \(text.debugDescription)")
            }
        }
    }

    @Test(arguments: [true, false]) func everyCodePointIsTreatedAsByHuggingFace(
        lowercase: Bool
    ) throws {
        let tokenizer = try Self.tokenizer(lowercase: lowercase)
        let lines = String(decoding: try golden("scalars.tsv"), as: UTF8.self)
            .split(separator: "\n")
        #expect(lines.count == 0x110)
        for line in lines {
            let fields = line.split(separator: "\t")
            let first = try #require(UInt32(fields[0], radix: 16))
            let expected = try #require(UInt32(fields[lowercase ? 1 : 2], radix: 16))
            var text: [UInt8] = []
            for scalar in first..<first + 4096 {
                let words = tokenizer.words(in: [0x61] + encoded(scalar) + [0x62])
                text += words.joined(separator: [0x20])
                text.append(0x0A)
            }
            #expect(crc32(text) == expected, "block U+\(fields[0])")
        }
    }

    /// UTF-8, also of surrogates, which are invalid there.
    private func encoded(_ scalar: UInt32) -> [UInt8] {
        if let valid = Unicode.Scalar(scalar) { return Array(String(valid).utf8) }
        return [
            UInt8(0xE0 | scalar >> 12), UInt8(0x80 | scalar >> 6 & 0x3F),
            UInt8(0x80 | scalar & 0x3F),
        ]
    }

    /// The checksum of zlib.
    private func crc32(_ bytes: [UInt8]) -> UInt32 {
        let table = (0..<256 as Range<UInt32>).map { byte in
            (0..<8).reduce(byte) { value, _ in
                value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
            }
        }
        return ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }
}
