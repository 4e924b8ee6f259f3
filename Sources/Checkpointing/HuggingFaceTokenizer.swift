import DurableFiles
import Tokenization

/// Tokenizer of a model directory, read from all files that describe one.
///
/// Unsupported settings that would produce other ids than in training are rejected, with the file
/// and the key. Contradictory files are also rejected, because Hugging Face follows
/// `tokenizer_config.json` but the program that wrote `tokenizer.json` did not.
struct HuggingFaceTokenizer {
    /// Text of `vocab.txt`, followed by the added tokens.
    let vocabulary: String
    /// Rules that split text into words.
    let settings: TokenizerSettings
    /// `model_max_length`, if it is a length.
    let maximumLength: Int?

    static let vocabularyName = "vocab.txt"
    static let configurationName = "tokenizer_config.json"
    static let tokenizerName = "tokenizer.json"
    static let specialTokensName = "special_tokens_map.json"
    static let addedTokensName = "added_tokens.json"

    /// Reads the tokenizer of a directory.
    init(_ directory: String) throws {
        let configuration = try TokenizerConfiguration(directory)
        let file = try TokenizerFile(directory)
        if file == nil, configuration.needsTokenizerFile {
            throw CheckpointError(
                .missing, directory, "has no \(Self.tokenizerName), which its tokenizer_class needs"
            )
        }
        let pieces = try Self.pieces(directory, file)
        var settings = TokenizerSettings()
        if let file, configuration.needsTokenizerFile {
            settings = file.settings
        } else {
            settings.lowercase = configuration.lowercase ?? true
            settings.stripAccents = configuration.stripAccents
            settings.isolatesIdeographs = configuration.isolatesIdeographs ?? true
            if let file { try configuration.requireAgreement(settings, file) }
        }
        var added = AddedTokenList(pieces)
        for token in configuration.addedTokens ?? [] { try added.declare(token) }
        if configuration.addedTokens == nil || configuration.needsTokenizerFile {
            for token in file?.addedTokens ?? [] { try added.declare(token) }
        }
        if configuration.addedTokens == nil {
            for token in try Self.plainAddedTokens(directory) { try added.declare(token) }
        }
        for token in configuration.specialTokens { try added.declare(token) }
        settings.addedTokens = added.tokens
        self.settings = settings
        vocabulary = try added.vocabulary(directory)
        maximumLength = configuration.maximumLength
    }

    /// Pieces that words are spelled with, by id.
    private static func pieces(_ directory: String, _ file: TokenizerFile?) throws -> Vocabulary {
        let path = Paths.join(directory, vocabularyName)
        guard try Paths.exists(path) else {
            if let file { return file.pieces }
            throw CheckpointError(
                .missing, directory,
                "has neither \(vocabularyName) nor \(tokenizerName); copy one of them from where the"
                    + " model comes from")
        }
        let text = try HuggingFaceDirectory.text(path, ModelDescription.maximumVocabularyBytes)
        let pieces = try Vocabulary(utf8: Array(text.utf8), source: path)
        guard let file else { return pieces }
        let extra = max(pieces.count, file.pieces.count)
        let different = (0..<Int32(extra)).first { id in
            guard id < pieces.count, id < file.pieces.count else {
                // Some programs also write added tokens into vocab.txt.
                return id >= pieces.count || !file.adds(pieces.token(id))
            }
            return !pieces.bytes(id).elementsEqual(file.pieces.bytes(id))
        }
        if let different {
            throw CheckpointError(
                .badData, path,
                "differs from \(tokenizerName) at id \(different); delete the one that is not the"
                    + " model's")
        }
        return file.pieces
    }

    /// `added_tokens.json`, which older versions of transformers wrote.
    private static func plainAddedTokens(_ directory: String) throws -> [DeclaredToken] {
        let file = Paths.join(directory, addedTokensName)
        guard let value = try JSONValue.object(in: directory, addedTokensName) else { return [] }
        return try (value.members ?? []).map { member in
            guard let id = member.value.integer else {
                throw CheckpointError(
                    .badData, file, "\(member.name) is \(member.value.shown), which is no id")
            }
            return DeclaredToken(content: member.name, id: id, file: file)
        }
    }
}

/// A token as declared in a file; nil for undeclared properties.
struct DeclaredToken {
    var content: String
    var id: Int?
    var isNormalized: Bool?
    var isSpecial: Bool?
    /// The file, for messages.
    var file: String

    init(
        content: String, id: Int? = nil, isNormalized: Bool? = nil, isSpecial: Bool? = nil,
        file: String
    ) {
        self.content = content
        self.id = id
        self.isNormalized = isNormalized
        self.isSpecial = isSpecial
        self.file = file
    }

    /// Reads an object with `content` and properties.
    init(_ value: JSONValue, id: Int?, file: String) throws {
        guard let content = value["content"]?.text else {
            throw CheckpointError(.badData, file, "an added token has no content")
        }
        if value["single_word"]?.boolean == true {
            throw CheckpointError(
                .badData, file,
                "the added token \(content) has single_word true, which is not supported")
        }
        self.init(
            content: content, id: id, isNormalized: value["normalized"]?.boolean,
            isSpecial: value["special"]?.boolean, file: file)
    }
}

/// Added tokens of a directory, merged from all files that declare some.
private struct AddedTokenList {
    private let pieces: Vocabulary
    private var declared: [DeclaredToken] = []
    /// Index in `declared` of each content, by its bytes: equal `String`s may differ in their code
    /// points.
    private var places: [[UInt8]: Int] = [:]

    init(_ pieces: Vocabulary) { self.pieces = pieces }

    /// Adds a token. Properties from an earlier file take precedence, except that a token may
    /// become special.
    mutating func declare(_ token: DeclaredToken) throws {
        let path = token.file
        guard !token.content.isEmpty,
            !token.content.unicodeScalars.contains(where: \.properties.isWhitespace)
        else {
            throw CheckpointError(
                .badData, path,
                "the added token \"\(token.content)\" is empty or has white space, which is not"
                    + " supported")
        }
        if let id = token.id, let known = pieces.id(of: token.content), Int(known) != id {
            throw CheckpointError(
                .badData, path,
                "the added token \(token.content) has id \(id) here, \(known) in the vocabulary")
        }
        let content = Array(token.content.utf8)
        guard let old = places[content] else {
            places[content] = declared.count
            return declared.append(token)
        }
        if let id = token.id, let known = declared[old].id, id != known {
            throw CheckpointError(
                .badData, path,
                "the added token \(token.content) has id \(id) here, \(known) in"
                    + " \(Paths.name(of: declared[old].file))")
        }
        declared[old].id = declared[old].id ?? token.id
        declared[old].isNormalized = declared[old].isNormalized ?? token.isNormalized
        if token.isSpecial == true { declared[old].isSpecial = true }
    }

    /// Tokens other than the five that every BERT tokenizer extracts unmodified.
    var tokens: [TokenizerSettings.AddedToken] {
        declared.compactMap { token in
            let isSpecial = token.isSpecial ?? false
            // As in Hugging Face, special tokens are searched for in unmodified text.
            let isNormalized = token.isNormalized ?? !isSpecial
            if Vocabulary.specialTokens.contains(token.content), !isNormalized { return nil }
            return TokenizerSettings.AddedToken(
                content: token.content, isNormalized: isNormalized, isSpecial: isSpecial,
                isPiece: pieces.id(of: token.content) != nil)
        }
    }

    /// The pieces followed by the tokens that are not pieces, by id.
    func vocabulary(_ directory: String) throws -> String {
        let more = declared.filter { pieces.id(of: $0.content) == nil }
            .enumerated().sorted { ($0.1.id ?? .max, $0.0) < ($1.1.id ?? .max, $1.0) }.map(\.1)
        var text = pieces.text
        for (index, token) in more.enumerated() {
            let id = pieces.count + index
            guard token.id ?? id == id else {
                throw CheckpointError(
                    .badData, token.file,
                    "the added token \(token.content) has id \(token.id ?? id), the next free one is"
                        + " \(id); ids without a token are not supported")
            }
            text += token.content + "\n"
        }
        return text
    }
}
