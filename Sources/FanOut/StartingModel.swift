import BERT
import Checkpointing
import Distributed
import FineTuning
import FoundationEssentials
import MPI
import Tensors
import Tokenization

/// A model that trials start from, verified.
struct StartingModel {
    let point: FineTuningConfiguration.StartingPoint
    let saved: SavedModel
    let description: ModelDescription
    let configuration: BERTConfiguration
    let tokenizer: WordPieceTokenizer

    /// Opens what rank 0 has verified. Collective over `communicator`.
    ///
    /// - Throws: the first failure of any rank, on all of them.
    static func open(
        _ point: FineTuningConfiguration.StartingPoint, among communicator: Communicator,
        notice: (String) -> Void
    ) throws -> StartingModel {
        let agreement = Agreement(among: communicator)
        let found = try agreement.together(exitCode: FanOutError.status) {
            guard communicator.rank == 0 else { return "" }
            let (model, skipped) = try SavedModel.open(point.path)
            for one in skipped { notice(one.description) }
            return model.path
        }
        let bytes = try communicator.broadcast(bytes: Array(found.utf8))
        return try agreement.together(exitCode: FanOutError.status) {
            try StartingModel(point, verified: String(decoding: bytes, as: UTF8.self))
        }
    }

    private init(_ point: FineTuningConfiguration.StartingPoint, verified path: String) throws {
        self.point = point
        saved = try SavedModel(verified: path)
        description = try saved.description()
        do {
            configuration = try JSONDecoder().decode(
                BERTConfiguration.self, from: Data(description.configuration.utf8))
        } catch {
            throw FanOutError("\(path): its config.json is no good: \(error)")
        }
        let vocabulary = try Vocabulary(utf8: Array(description.vocabulary.utf8), source: path)
        guard vocabulary.count <= configuration.vocabularySize else {
            throw FanOutError(
                "\(path): its vocabulary has \(vocabulary.count) entries, the model only "
                    + "\(configuration.vocabularySize)")
        }
        tokenizer = WordPieceTokenizer(
            vocabulary: vocabulary, lowercase: description.doLowerCase)
    }

    /// Fills the parameters: the head, and a body from scratch, by `seed`; else the stored body.
    func initialize(_ model: BERTForFineTuning, seed: UInt64) throws {
        model.initialize(seed: seed)
        guard !point.fromScratch else { return }
        try saved.readParameters(model.layout, into: model.parameters) { $0.hasPrefix("bert.") }
    }
}
