import DurableFiles
import Tokenization

/// `tokenizer.json`, as Hugging Face's tokenizers library writes it for BERT.
struct TokenizerFile {
    /// Pieces that words are spelled with.
    let pieces: Vocabulary
    /// Rules that split text into words, without added tokens.
    let settings: TokenizerSettings
    /// Added tokens, including special ones.
    let addedTokens: [DeclaredToken]
    /// Their contents as bytes.
    private let addedContents: Set<[UInt8]>

    /// Reads the file of a directory; nil if it is missing.
    ///
    /// - Throws: `CheckpointError` with the key, if it describes a tokenizer other than BERT's.
    init?(_ directory: String) throws {
        let name = HuggingFaceTokenizer.tokenizerName
        let path = Paths.join(directory, name)
        guard let values = try JSONValue.object(in: directory, name, maximumByteCount: 64 << 20)
        else { return nil }
        let keys = Keys(path: path, values: values)
        try keys.require("pre_tokenizer", "type", is: "BertPreTokenizer")
        // Early versions of tokenizers do not write the type.
        if values["model"]?["type"] != nil { try keys.require("model", "type", is: "WordPiece") }
        try keys.require("model", "unk_token", is: "[UNK]")
        try keys.require("model", "continuing_subword_prefix", is: "##")
        let longest = values["model"]?["max_input_chars_per_word"]
        if let longest, longest.integer != 100 {
            throw keys.refusal(
                "model.max_input_chars_per_word is \(longest.shown); only 100 is supported")
        }
        settings = try Self.settings(keys)
        pieces = try Self.pieces(keys)
        try Self.checkPostProcessor(keys)
        addedTokens = try (values["added_tokens"]?.list ?? []).map { token in
            guard let id = token["id"]?.integer else {
                throw keys.refusal("an entry of added_tokens has no id")
            }
            return try DeclaredToken(token, id: id, file: path)
        }
        addedContents = Set(addedTokens.map { Array($0.content.utf8) })
    }

    /// Whether a token is an added one.
    func adds(_ token: String) -> Bool { addedContents.contains(Array(token.utf8)) }

    private struct Keys {
        let path: String
        let values: JSONValue

        func refusal(_ message: String) -> CheckpointError {
            CheckpointError(.badData, path, message)
        }

        func require(_ part: String, _ key: String, is expected: String) throws {
            let value = values[part]?[key] ?? .null
            guard value.text == expected else {
                throw refusal(
                    "\(part).\(key) is \(value.shown); only \"\(expected)\" is supported")
            }
        }

        func boolean(_ part: String, _ key: String, default value: Bool?) throws -> Bool? {
            guard let found = values[part]?[key], !found.isNull else { return value }
            guard let boolean = found.boolean else {
                throw refusal("\(part).\(key) is \(found.shown); it must be true or false")
            }
            return boolean
        }
    }

    private static func settings(_ keys: Keys) throws -> TokenizerSettings {
        try keys.require("normalizer", "type", is: "BertNormalizer")
        guard try keys.boolean("normalizer", "clean_text", default: true) == true else {
            throw keys.refusal("normalizer.clean_text is false, which is not supported")
        }
        var settings = TokenizerSettings()
        settings.lowercase = try keys.boolean("normalizer", "lowercase", default: true) ?? true
        settings.stripAccents = try keys.boolean("normalizer", "strip_accents", default: nil)
        settings.isolatesIdeographs =
            try keys.boolean("normalizer", "handle_chinese_chars", default: true) ?? true
        return settings
    }

    /// The pieces of `model.vocab`, whose ids must be contiguous.
    private static func pieces(_ keys: Keys) throws -> Vocabulary {
        guard let members = keys.values["model"]?["vocab"]?.members else {
            throw keys.refusal("model.vocab is no object of pieces and ids")
        }
        var lines = [String?](repeating: nil, count: members.count)
        for (piece, value) in members {
            guard let id = value.integer, lines.indices.contains(id), lines[id] == nil else {
                throw keys.refusal(
                    "model.vocab gives \"\(piece)\" the id \(value.shown); the ids of"
                        + " \(members.count) pieces must be 0 to \(members.count - 1), each once")
            }
            lines[id] = piece
        }
        do {
            return try Vocabulary(lines: lines.compactMap(\.self))
        } catch {
            throw keys.refusal("model.vocab: \(error)")
        }
    }

    /// Throws unless inputs are `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, with B in the second
    /// segment.
    private static func checkPostProcessor(_ keys: Keys) throws {
        guard let processor = keys.values["post_processor"], !processor.isNull else { return }
        switch processor["type"]?.text {
        case "BertProcessing":
            guard processor["cls"]?.list?.first?.text == "[CLS]",
                processor["sep"]?.list?.first?.text == "[SEP]"
            else { throw keys.refusal("post_processor has others than [CLS] and [SEP]") }
        case "TemplateProcessing":
            guard template(processor["single"]) == "[CLS]0 A0 [SEP]0",
                template(processor["pair"]) == "[CLS]0 A0 [SEP]0 B1 [SEP]1"
            else {
                throw keys.refusal(
                    "post_processor makes other inputs than [CLS] A [SEP] and [CLS] A [SEP] B [SEP]"
                )
            }
        default:
            throw keys.refusal(
                "post_processor.type is \((processor["type"] ?? .null).shown); BertProcessing and"
                    + " TemplateProcessing are supported")
        }
    }

    /// "ID TYPE" of each part.
    private static func template(_ parts: JSONValue?) -> String {
        (parts?.list ?? []).map { part in
            let part = part["SpecialToken"] ?? part["Sequence"] ?? .null
            return (part["id"]?.text ?? "") + (part["type_id"]?.integer.map(String.init) ?? "")
        }.joined(separator: " ")
    }
}
