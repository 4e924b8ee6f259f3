import DurableFiles
public import Tensors

/// A trained model as named by users: a run directory, one checkpoint, or a Hugging Face model
/// directory.
public enum SavedModel: Sendable {
    /// A checkpoint of this program.
    case checkpoint(Checkpoint)
    /// A Hugging Face directory.
    case huggingFace(HuggingFaceDirectory)

    /// Determines the kind of model at a path and opens it; checkpoints are verified.
    ///
    /// - Parameter textsOnly: whether parameters will not be read; a Hugging Face directory then
    ///   needs none.
    /// - Returns: the model, and newer checkpoints that were skipped, with reasons to show.
    public static func open(
        _ path: String, textsOnly: Bool = false
    ) throws -> (model: SavedModel, skipped: [CheckpointStore.Skipped]) {
        try Checkpoint.requireDirectory(path)
        if try HuggingFaceDirectory.isMeant(path) {
            return (.huggingFace(try HuggingFaceDirectory(path, textsOnly: textsOnly)), [])
        }
        let (checkpoint, skipped) = try Checkpoint.open(path)
        return (.checkpoint(checkpoint), skipped)
    }

    /// Opens what `open` has found and verified, for example on another rank.
    public init(verified path: String, textsOnly: Bool = false) throws {
        self =
            try HuggingFaceDirectory.isMeant(path)
            ? .huggingFace(try HuggingFaceDirectory(path, textsOnly: textsOnly))
            : .checkpoint(try Checkpoint(directory: path))
    }

    /// The directory that was opened.
    public var path: String {
        switch self {
        case .checkpoint(let checkpoint): checkpoint.path
        case .huggingFace(let directory): directory.path
        }
    }

    /// Configuration, vocabulary and tokenizer.
    public func description() throws -> ModelDescription {
        switch self {
        case .checkpoint(let checkpoint): try checkpoint.description()
        case .huggingFace(let directory): directory.description
        }
    }

    /// Throws unless the stored tensors are those of `layout`; reads names and shapes only.
    public func check(_ layout: ParameterLayout) throws {
        switch self {
        case .checkpoint(let checkpoint): try checkpoint.model().check(layout)
        case .huggingFace(let directory): try directory.tensors().check(layout)
        }
    }

    /// Reads all parameters into one flat block; names, shapes and finiteness are checked.
    public func readParameters(
        _ layout: ParameterLayout, into block: inout MutableSpan<Float>
    ) throws {
        switch self {
        case .checkpoint(let checkpoint): try checkpoint.readParameters(layout, into: &block)
        case .huggingFace(let directory): try directory.readParameters(layout, into: &block)
        }
    }

    /// Compares the tensors of two models.
    public static func differences(
        _ first: SavedModel, _ second: SavedModel
    ) throws -> [TensorDifference] {
        switch (first, second) {
        case (.checkpoint(let a), .checkpoint(let b)):
            try TensorDifference.between(a.model(), b.model())
        case (.checkpoint(let a), .huggingFace(let b)):
            try TensorDifference.between(a.model(), b.tensors())
        case (.huggingFace(let a), .checkpoint(let b)):
            try TensorDifference.between(a.tensors(), b.model())
        case (.huggingFace(let a), .huggingFace(let b)):
            try TensorDifference.between(a.tensors(), b.tensors())
        }
    }
}
