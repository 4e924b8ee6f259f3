import DurableFiles
import FoundationEssentials
import Tokenization

extension HuggingFaceTokenizer {
    /// Writes the files from which `BertTokenizer` computes the same ids: `vocab.txt` and
    /// `tokenizer_config.json`, which `AutoTokenizer` of all versions reads. Default values are
    /// omitted.
    static func write(_ description: ModelDescription, to directory: String) throws {
        let settings = description.tokenizer
        let vocabulary = try Vocabulary(
            utf8: Array(description.vocabulary.utf8), source: directory)
        let others = Set(settings.addedTokens.filter { !$0.isPiece }.map(\.content))
        let pieces = vocabulary.tokens.filter { !others.contains($0) }
        try WholeFiles.writeAtomically(
            Paths.join(directory, vocabularyName),
            others.isEmpty ? description.vocabulary : try Vocabulary(lines: pieces).text)
        var added: [String: Added] = [:]
        let special = Vocabulary.specialTokens.map {
            TokenizerSettings.AddedToken(
                content: $0, isNormalized: false, isSpecial: true, isPiece: true)
        }
        for token in settings.addedTokens.isEmpty ? [] : special + settings.addedTokens {
            guard let id = vocabulary.id(of: token.content) else { continue }
            added["\(id)"] = Added(
                content: token.content, normalized: token.isNormalized, special: token.isSpecial)
        }
        let configuration = Written(
            addedTokens: added.isEmpty ? nil : added, doLowerCase: settings.lowercase,
            modelMaxLength: try description.maximumLength
                ?? description.sizes(directory).maxPositionEmbeddings,
            stripAccents: settings.stripsAccents == settings.lowercase
                ? nil : settings.stripsAccents,
            tokenizeChineseChars: settings.isolatesIdeographs ? nil : false)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try WholeFiles.writeAtomically(
            Paths.join(directory, configurationName), try encoder.encode(configuration) + [10])
    }

    private struct Added: Encodable {
        var content: String
        var lstrip = false
        var normalized: Bool
        var rstrip = false
        var singleWord = false
        var special: Bool

        enum CodingKeys: String, CodingKey {
            case content, lstrip, normalized, rstrip, special
            case singleWord = "single_word"
        }
    }

    private struct Written: Encodable {
        var addedTokens: [String: Added]?
        var doLowerCase: Bool
        var modelMaxLength: Int?
        var stripAccents: Bool?
        var tokenizeChineseChars: Bool?
        var tokenizerClass = "BertTokenizer"

        enum CodingKeys: String, CodingKey {
            case addedTokens = "added_tokens_decoder"
            case doLowerCase = "do_lower_case"
            case modelMaxLength = "model_max_length"
            case stripAccents = "strip_accents"
            case tokenizeChineseChars = "tokenize_chinese_chars"
            case tokenizerClass = "tokenizer_class"
        }
    }
}
