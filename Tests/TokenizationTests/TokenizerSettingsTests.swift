import TemporaryDirectories
import Testing
import Tokenization

/// Ids under settings other than those of uncased and cased models; `Golden/generate.py` is the
/// recipe.
@Suite struct TokenizerSettingsTests {
    private struct Block {
        var header: String
        var ids: [[Int32]]
    }

    private static func load() throws -> (texts: [[UInt8]], blocks: [Block]) {
        var texts: [[UInt8]] = []
        var blocks: [Block] = []
        let lines = String(decoding: try golden("settings.tsv"), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        for line in lines {
            if line.hasPrefix("@") {
                blocks.append(Block(header: String(line.dropFirst()), ids: []))
            } else if blocks.isEmpty {
                let digits = Array(line)
                texts.append(
                    try stride(from: 0, to: digits.count, by: 2).map {
                        try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
                    })
            } else {
                let ids = try line.split(separator: " ").map { try #require(Int32($0)) }
                blocks[blocks.count - 1].ids.append(ids)
            }
        }
        return (texts, blocks)
    }

    private static func settings(_ header: String) throws -> TokenizerSettings {
        let fields = header.split(separator: " ")
        var settings = TokenizerSettings(lowercase: fields[0] == "True")
        settings.stripAccents = fields[1] == "None" ? nil : fields[1] == "True"
        settings.isolatesIdeographs = fields[2] == "True"
        settings.addedTokens = fields.dropFirst(3).map { field in
            let parts = field.split(separator: "|")
            return TokenizerSettings.AddedToken(
                content: String(parts[0]), isNormalized: parts[1] == "1",
                isSpecial: parts[2] == "1", isPiece: parts[3] == "1")
        }
        return settings
    }

    @Test func idsAreThoseOfHuggingFace() throws {
        let (texts, blocks) = try Self.load()
        #expect(blocks.count == 36)
        let plain = try Vocabulary(utf8: golden("vocab.txt"))
        for block in blocks {
            let settings = try Self.settings(block.header)
            try #require(block.ids.count == texts.count)
            let added = settings.addedTokens.filter { !$0.isPiece }.map(\.content)
            let vocabulary = try Vocabulary(lines: plain.tokens + added)
            let encoder = WordPieceEncoder(
                WordPieceTokenizer(vocabulary: vocabulary, settings: settings))
            // In the second pass most words come from the cache.
            for _ in 0..<2 {
                for (text, expected) in zip(texts, block.ids) {
                    var ids: [Int32] = []
                    encoder.encode(text, into: &ids)
                    let shown = String(decoding: text, as: UTF8.self).debugDescription
                    #expect(ids == expected, "\(block.header): \(shown)")
                }
            }
        }
    }

    @Test func specialAddedTokensAreTextWhereTheyAreNotRecognized() throws {
        var settings = TokenizerSettings()
        settings.addedTokens = [
            .init(content: "<e>", isNormalized: false, isSpecial: true, isPiece: false),
            .init(content: "ab", isNormalized: false, isSpecial: false, isPiece: false),
        ]
        let vocabulary = try Vocabulary(
            lines: Vocabulary.specialTokens + ["<", ">", "e", "a", "##b", "<e>", "ab"])
        func tokens(_ text: String, _ recognizes: Bool) -> [String] {
            WordPieceTokenizer(
                vocabulary: vocabulary, settings: settings, recognizesSpecialTokens: recognizes
            ).tokens(for: text)
        }
        #expect(tokens("<e>ab AB", true) == ["<e>", "ab", "a", "##b"])
        #expect(tokens("<e>ab AB", false) == ["<", "e", ">", "ab", "a", "##b"])
        #expect(settings.withoutSpecialTokens.addedTokens.count == 1)
        #expect(!settings.splitsText(as: TokenizerSettings()))
        settings.addedTokens.removeLast()
        #expect(settings.splitsText(as: TokenizerSettings()))
    }

    @Test func trainedVocabulariesFollowTheSettings() throws {
        func pieces(_ change: (inout TokenizerSettings) -> Void) throws -> [String] {
            var options = WordPieceTrainer.Options(size: 1000)
            options.minimumFrequency = 1
            options.unusedTokens = 0
            change(&options.tokenizer)
            let scratch = TemporaryDirectory()
            let file = try scratch.write("text.txt", Array("Über das Übel 中文 中文 übt".utf8))
            return try WordPieceTrainer(options).train(files: [file], workers: 1)
                .vocabulary.tokens
        }
        #expect(try !pieces { _ in }.contains("ü"))
        #expect(try pieces { $0.stripAccents = false }.contains("übel"))
        #expect(try !pieces { _ in }.contains("中文"))
        #expect(try pieces { $0.isolatesIdeographs = false }.contains("中文"))
        #expect(try pieces { $0.lowercase = false }.contains("Übel"))
    }
}
