public import Checkpointing
public import Tensors

/// The parts of a pre-training model that a stored model has: people start from encoders without
/// heads, from models with one of the two, and from models with the head of a task.
public struct StoredParts: Sendable {
    /// A part that a model may lack.
    public enum Head: String, Sendable, CaseIterable {
        /// The dense layer over `[CLS]`.
        case pooler = "bert.pooler."
        /// The head that predicts masked words.
        case maskedWords = "cls.predictions."
        /// The head that predicts whether a sentence follows.
        case nextSentence = "cls.seq_relationship."

        fileprivate var name: String {
            switch self {
            case .pooler: "pooler (bert.pooler)"
            case .maskedWords: "head for masked words (cls.predictions)"
            case .nextSentence: "head for the next sentence (cls.seq_relationship)"
            }
        }
    }

    /// The parts that are missing.
    public let missing: [Head]
    /// Tensors of other heads, which nothing reads.
    public let unread: [String]
    /// The parameters that are there, in the order of the model's.
    public let layout: ParameterLayout
    private let path: String

    /// Compares the names and shapes of `saved` with those of the model that its configuration
    /// describes, `layout`.
    ///
    /// - Throws: `CheckpointError` that names a tensor of the encoder that is missing or unknown, a
    ///   head of which a part is missing, or a shape.
    public init(_ saved: SavedModel, _ layout: ParameterLayout) throws {
        path = saved.path
        let names = Set(try saved.tensorNames())
        let isOwn = { (name: String) in name.hasPrefix("bert.") || name.hasPrefix("cls.") }
        let absent = layout.parameters.map(\.name).filter { !names.contains($0) }
        missing = Head.allCases.filter { head in
            !names.contains { $0.hasPrefix(head.rawValue) }
        }
        let gone = missing
        let lacking = absent.filter { name in
            !gone.contains { name.hasPrefix($0.rawValue) }
        }
        guard lacking.isEmpty else {
            throw CheckpointError(
                .badData, path,
                "lacks \(CheckpointError.list(lacking)); \(Self.advice(names, lacking))")
        }
        let extra = names.filter { isOwn($0) && layout[$0] == nil }.sorted()
        guard extra.isEmpty else {
            throw CheckpointError(
                .badData, path,
                "has \(CheckpointError.list(extra)), which the model of its configuration does not;"
                    + " check config.json (num_hidden_layers)")
        }
        unread = names.filter { !isOwn($0) }.sorted()
        let missingNames = Set(absent)
        self.layout = ParameterLayout(
            layout.parameters.filter { !missingNames.contains($0.name) }.map {
                ($0.name, $0.shape, $0.decays)
            })
        try saved.checkShapes(self.layout)
    }

    /// Advice on missing tensors of the encoder.
    private static func advice(_ names: Set<String>, _ lacking: [String]) -> String {
        for anchor in [
            "bert.embeddings.word_embeddings.weight", "embeddings.word_embeddings.weight",
        ] {
            let found = names.filter { $0.hasSuffix("." + anchor) && $0 != "bert." + anchor }.min()
            if let found, !names.contains(anchor) {
                let prefix = found.dropLast(anchor.count)
                return
                    "its names begin with \"\(prefix)\", as those of a model inside another do; save"
                    + " the inner model itself (for \"module.\": model.module.save_pretrained(...))"
            }
        }
        return lacking.count == 1 || lacking.allSatisfy({ $0.hasPrefix("cls.") })
            ? "is it whole?" : "is it of another model than its config.json says?"
    }

    /// Notes on parts that start fresh and parts that are not read, a line each; empty for a whole
    /// model.
    public var notices: [String] {
        var lines: [String] = []
        if !missing.isEmpty {
            let names = missing.map(\.name).joined(separator: ", no ")
            lines.append("\(path) has no \(names): drawn at random where it is needed")
        }
        if !unread.isEmpty {
            lines.append("\(path) has \(CheckpointError.list(unread)): not read")
        }
        return lines
    }

    /// Throws unless the model has both heads of pre-training.
    public func requireWhole(for purpose: String) throws {
        guard !missing.isEmpty else { return }
        let names = missing.map(\.name).joined(separator: ", no ")
        throw CheckpointError(
            .badData, path,
            "has no \(names), which \(purpose) needs; a model with all parts comes from pre-training"
                + " that starts from it (model.initialize_from)")
    }
}
