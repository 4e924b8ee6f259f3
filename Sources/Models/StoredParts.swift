public import Checkpointing
public import Tensors

/// Parts of a pre-training model that a stored model contains. Users start from encoders without
/// heads, from models with one of the two heads, and from models with a task head.
public struct StoredParts: Sendable {
    /// A part that may be missing.
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

    /// Missing parts.
    public let missing: [Head]
    /// Tensors of other heads, which are not read.
    public let unread: [String]
    /// The existing parameters, in the order of the model's.
    public let layout: ParameterLayout
    private let path: String

    /// Compares the names and shapes of `saved` with those of the model that its configuration
    /// describes, `layout`.
    ///
    /// - Throws: `CheckpointError` that names an encoder tensor that is missing or unknown, an
    ///   incomplete head, or a wrong shape.
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

    /// Advice on missing encoder tensors.
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

    /// Notes on parts that are initialized at random and parts that are not read, one line each;
    /// empty for a complete model.
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
