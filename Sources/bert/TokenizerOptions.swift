import ArgumentParser
import Checkpointing
import Tokenization

/// Options for splitting text into words, shared by all commands that read text.
struct WordOptions: ParsableArguments {
    @Flag(help: "Keep upper case, and accents unless --strip-accents is given.")
    var cased = false
    @Flag(
        inversion: .prefixedNo,
        help:
            "Strip or keep accents (default: strip them unless --cased is given)."
    )
    var stripAccents: Bool?
    @Flag(
        inversion: .prefixedNo,
        help: "Make each Chinese character a word (the default), or not (tokenize_chinese_chars).")
    var splitChinese: Bool?

    /// The settings that the options select.
    var settings: TokenizerSettings {
        var settings = TokenizerSettings(lowercase: !cased)
        settings.stripAccents = stripAccents
        settings.isolatesIdeographs = splitChinese ?? true
        return settings
    }

    /// Whether any option was given.
    var isGiven: Bool { cased || stripAccents != nil || splitChinese != nil }
}

/// A vocabulary and tokenizer settings, or a model that contains both.
struct TokenizerOptions: ParsableArguments {
    @Option(help: "Vocabulary: one piece a line.")
    var vocab: String?
    @Option(
        help: """
            Instead of --vocab: a model (run, checkpoint or model directory of Hugging Face), whose \
            vocabulary and tokenizer are taken.
            """)
    var tokenizer: String?
    @OptionGroup var words: WordOptions

    func validate() throws {
        guard (vocab == nil) != (tokenizer == nil) else {
            throw ValidationError(
                vocab == nil
                    ? "Missing expected argument '--vocab <vocab>' (or '--tokenizer <model>')"
                    : "--vocab and --tokenizer exclude each other")
        }
        guard tokenizer == nil || !words.isGiven else {
            throw ValidationError(
                "--tokenizer brings the model's settings; --cased, --strip-accents and "
                    + "--split-chinese go with --vocab")
        }
    }

    /// The vocabulary and the settings.
    func read() throws -> (vocabulary: Vocabulary, settings: TokenizerSettings) {
        guard let tokenizer else {
            return (try Vocabulary(contentsOf: vocab ?? ""), words.settings)
        }
        let (model, skipped) = try SavedModel.open(tokenizer, textsOnly: true)
        CheckpointCommand.report(skipped)
        let description = try model.description()
        let vocabulary = try Vocabulary(
            utf8: Array(description.vocabulary.utf8), source: model.path)
        return (vocabulary, description.tokenizer)
    }
}
