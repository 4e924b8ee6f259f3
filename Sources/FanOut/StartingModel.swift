import BERT
import Checkpointing
import DurableFiles
import ExitCoding
import FineTuning
import FoundationEssentials
import Models
import Tensors
import Tokenization

/// A verified model that trials start from.
struct StartingModel {
    let point: FineTuningConfiguration.StartingPoint
    let saved: SavedModel
    let description: ModelDescription
    let configuration: BERTConfiguration
    let tokenizer: WordPieceTokenizer
    /// Dropout before a head: `classifier_dropout`, or that of hidden states if it is missing.
    let headDropout: Double
    /// Whether the model has the pooler needed by heads for whole texts. A model trained only on
    /// masked words (`BertForMaskedLM`) has none.
    let hasPooler: Bool

    private static let poolerPrefix = "bert.pooler."

    /// Finds and verifies a model, in this process only.
    ///
    /// - Parameter notice: receives a note on newer checkpoints skipped as damaged.
    init(opening point: FineTuningConfiguration.StartingPoint, _ notice: (String) -> Void) throws {
        let (model, skipped) = try SavedModel.open(point.path, textsOnly: point.fromScratch)
        for one in skipped { notice(one.description) }
        try self.init(point, verified: model.path)
    }

    /// Opens a model that another rank has verified.
    init(_ point: FineTuningConfiguration.StartingPoint, verified path: String) throws {
        self.point = point
        saved = try SavedModel(verified: path, textsOnly: point.fromScratch)
        let model = try StoredModel(saved)
        description = model.description
        configuration = model.configuration
        do {
            let json = Data(description.configuration.utf8)
            headDropout =
                try JSONDecoder().decode(HeadSettings.self, from: json).classifierDropout
                ?? configuration.hiddenDropout
        } catch {
            throw FanOutError("\(path): its config.json is no good: \(ManifestFile.explain(error))")
        }
        guard FloatFraction.contains(headDropout) else {
            throw FanOutError(
                "\(path): its classifier_dropout is \(headDropout); it must be a number "
                    + FloatFraction.range)
        }
        tokenizer = model.tokenizer()
        // Missing parameters of the body are reported here, before the data is read.
        hasPooler = try point.fromScratch || !model.parts().missing.contains(.pooler)
    }

    /// Whether both tokenize texts identically.
    func readsTexts(as other: StartingModel) -> Bool {
        description.vocabulary == other.description.vocabulary
            && description.tokenizer == other.description.tokenizer
    }

    private struct HeadSettings: Decodable {
        var classifierDropout: Double?
        enum CodingKeys: String, CodingKey { case classifierDropout = "classifier_dropout" }
    }

    /// Initializes the parameters: the head, and a body from scratch, at random by `seed`;
    /// otherwise the body from the stored model. A pooler missing from the model is also
    /// initialized at random, as Hugging Face does.
    func initialize(_ model: BERTForFineTuning, seed: UInt64) throws {
        model.initialize(seed: seed)
        guard !point.fromScratch else { return }
        try saved.readParameters(model.layout, into: model.parameters) { name in
            name.hasPrefix("bert.") && (hasPooler || !name.hasPrefix(Self.poolerPrefix))
        }
    }

    /// Settings that determine trials of this model: `TrialSettings.checkpoints`.
    func settings() throws -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var settings = [
            "configuration": ContentName.of(Array(try encoder.encode(configuration))),
            "vocabulary": ContentName.of(Array(description.vocabulary.utf8)),
            "do_lower_case": "\(description.tokenizer.lowercase)",
            "classifier_dropout": "\(headDropout)",
            "from_scratch": "\(point.fromScratch)",
        ]
        if !description.tokenizer.isPlain {
            settings["tokenizer"] = ContentName.of(
                Array(try encoder.encode(description.tokenizer)))
        }
        if !point.fromScratch { settings["weights"] = try weights() }
        return settings
    }

    private func weights() throws -> String {
        switch saved {
        case .checkpoint(let checkpoint): ContentName.short(try checkpoint.digest())
        case .huggingFace(let directory):
            try directory.tensorFiles().map(ContentName.ofFile).joined(separator: "+")
        }
    }
}
