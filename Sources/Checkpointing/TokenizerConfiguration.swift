import DurableFiles
import Tokenization

/// Keys of `tokenizer_config.json` and `special_tokens_map.json` that affect ids; nil if missing.
struct TokenizerConfiguration {
    private(set) var lowercase: Bool?
    private(set) var stripAccents: Bool?
    private(set) var isolatesIdeographs: Bool?
    private(set) var maximumLength: Int?
    /// Whether `tokenizer.json` determines the tokenizer.
    private(set) var needsTokenizerFile = false
    /// `added_tokens_decoder`; if present, Hugging Face reads added tokens from no other file.
    private(set) var addedTokens: [DeclaredToken]?
    /// Special tokens other than the five.
    private(set) var specialTokens: [DeclaredToken] = []
    private let path: String

    /// Classes of transformers that split text as BERT does.
    private static let classes = ["Bert", "DistilBert", "Electra", "MobileBert"].flatMap {
        ["\($0)Tokenizer", "\($0)TokenizerFast"]
    }
    private static let generalClasses = ["PreTrainedTokenizerFast", "TokenizersBackend"]
    /// Names of the five special tokens in the configuration.
    private static let names = [
        ("pad_token", "[PAD]"), ("unk_token", "[UNK]"), ("cls_token", "[CLS]"),
        ("sep_token", "[SEP]"), ("mask_token", "[MASK]"),
    ]

    /// Reads the files of a directory, which may both be missing.
    init(_ directory: String) throws {
        path = Paths.join(directory, HuggingFaceTokenizer.configurationName)
        if let values = try JSONValue.object(
            in: directory, HuggingFaceTokenizer.configurationName)
        {
            try read(values)
            try readSpecialTokens(values, path)
        }
        let map = HuggingFaceTokenizer.specialTokensName
        if addedTokens == nil, let values = try JSONValue.object(in: directory, map) {
            try readSpecialTokens(values, Paths.join(directory, map))
        }
    }

    private mutating func read(_ values: JSONValue) throws {
        try readClass(values)
        lowercase = try boolean(values, "do_lower_case")
        stripAccents = try boolean(values, "strip_accents")
        isolatesIdeographs = try boolean(values, "tokenize_chinese_chars")
        try refuseOtherSplitting(values)
        // Without a limit, transformers writes 1e30 in one form or another.
        maximumLength = values["model_max_length"]?.integer.flatMap {
            (1...1 << 24).contains($0) ? $0 : nil
        }
        addedTokens = try values["added_tokens_decoder"]?.members?.map { id, token in
            guard let number = Int(id) else {
                throw refusal("added_tokens_decoder has the key \"\(id)\", which is no id")
            }
            return try DeclaredToken(token, id: number, file: path)
        }
    }

    private mutating func readClass(_ values: JSONValue) throws {
        guard let name = values["tokenizer_class"]?.text else { return }
        needsTokenizerFile = Self.generalClasses.contains(name)
        guard needsTokenizerFile || Self.classes.contains(name) else {
            throw refusal(
                "tokenizer_class is \"\(name)\"; tokenizers of BERT are read:"
                    + " \(Self.classes[0]), or \(Self.generalClasses[0]) with a"
                    + " \(HuggingFaceTokenizer.tokenizerName)")
        }
    }

    /// Throws if keys select an unsupported way of splitting text.
    private func refuseOtherSplitting(_ values: JSONValue) throws {
        for (key, needed) in [
            ("do_basic_tokenize", true), ("clean_text", true), ("do_subword_tokenize", true),
            ("split_special_tokens", false),
        ] where try boolean(values, key) == !needed {
            throw refusal("\(key) is \(!needed), which is not supported")
        }
        if let words = values["never_split"], !words.isNull, words.list?.isEmpty != true {
            throw refusal(
                "never_split is \(words.shown); only some tokenizers of transformers obey it. Name"
                    + " these words in added_tokens_decoder, if the model was trained with them")
        }
        for key in ["word_tokenizer_type", "subword_tokenizer_type", "jumanpp_kwargs"] {
            if let value = values[key], !value.isNull, value.text != "basic",
                value.text != "wordpiece"
            {
                throw refusal("\(key) is \(value.shown), which is not supported")
            }
        }
        if let prefix = values["wordpieces_prefix"]?.text, prefix != "##" {
            throw refusal("wordpieces_prefix is \"\(prefix)\"; only \"##\" is supported")
        }
    }

    /// Reads the names of special tokens, which either file may contain.
    private mutating func readSpecialTokens(_ values: JSONValue, _ path: String) throws {
        for (key, expected) in Self.names {
            guard let value = values[key], !value.isNull else { continue }
            let name = value.text ?? value["content"]?.text
            guard name == expected else {
                throw CheckpointError(
                    .badData, path,
                    "\(key) is \(name.map { "\"\($0)\"" } ?? value.shown); only \(expected) is"
                        + " supported")
            }
        }
        var more = ["bos_token", "eos_token"].compactMap { values[$0] }
        for key in ["additional_special_tokens", "extra_special_tokens"] {
            more += values[key]?.list ?? values[key]?.members?.map(\.value) ?? []
        }
        for value in more where !value.isNull {
            guard let content = value.text ?? value["content"]?.text else {
                throw CheckpointError(.badData, path, "a special token is \(value.shown)")
            }
            specialTokens.append(
                DeclaredToken(
                    content: content, isNormalized: value["normalized"]?.boolean, isSpecial: true,
                    file: path))
        }
    }

    /// Throws if `tokenizer.json` splits text differently from `settings`, which the named class
    /// derives from this configuration.
    func requireAgreement(_ settings: TokenizerSettings, _ file: TokenizerFile) throws {
        for (key, other, value, found) in [
            ("do_lower_case", "lowercase", settings.lowercase, file.settings.lowercase),
            (
                "strip_accents", "strip_accents", settings.stripsAccents,
                file.settings.stripsAccents
            ),
            (
                "tokenize_chinese_chars", "handle_chinese_chars", settings.isolatesIdeographs,
                file.settings.isolatesIdeographs
            ),
        ] where value != found {
            throw refusal(
                "\(key) is \(value), said or by default, but normalizer.\(other) in"
                    + " \(HuggingFaceTokenizer.tokenizerName) is \(found); give both the value that the"
                    + " model was trained with")
        }
    }

    private func boolean(_ values: JSONValue, _ key: String) throws -> Bool? {
        guard let value = values[key], !value.isNull else { return nil }
        guard let boolean = value.boolean else {
            throw refusal("\(key) is \(value.shown); it must be true or false")
        }
        return boolean
    }

    private func refusal(_ message: String) -> CheckpointError {
        CheckpointError(.badData, path, message)
    }
}
