public import DurableFiles
public import Tensors

/// One rank's part of a checkpoint: its range of both moments, and on rank 0 also the model.
///
/// It is a plain value that can be written on any thread. The memory it points to must stay
/// allocated and unchanged until then.
public struct CheckpointShare: @unchecked Sendable {
    /// Path of the writer, broadcast by rank 0.
    public var path: String
    /// Index of the part of the moments, from 0.
    public var index: Int
    /// Number of parts; their ranges together cover the block exactly once.
    public var count: Int
    /// Flat range of this part.
    public var range: Range<Int>
    /// Size of the flat block.
    public var total: Int
    /// Name of the optimizer, the same in all parts.
    public var optimizer: String
    /// `exp_avg` of the range.
    public var firstMoment: UnsafeBufferPointer<Float>
    /// `exp_avg_sq` of the range.
    public var secondMoment: UnsafeBufferPointer<Float>
    /// The model; nil on all ranks except 0.
    public var model: Model?

    /// Contents of `model.h5`.
    public struct Model: @unchecked Sendable {
        /// Names and shapes of the block.
        public var layout: ParameterLayout
        /// The flat block of all parameters.
        public var parameters: UnsafeBufferPointer<Float>
        /// Configuration and vocabulary.
        public var description: ModelDescription
        /// State of the run.
        public var state: TrainingState

        /// Makes a model of these parts.
        public init(
            layout: ParameterLayout, parameters: UnsafeBufferPointer<Float>,
            description: ModelDescription, state: TrainingState
        ) {
            self.layout = layout
            self.parameters = parameters
            self.description = description
            self.state = state
        }
    }

    /// Makes a share of these parts.
    public init(
        path: String, index: Int, of count: Int, range: Range<Int>, total: Int, optimizer: String,
        firstMoment: UnsafeBufferPointer<Float>, secondMoment: UnsafeBufferPointer<Float>,
        model: Model?
    ) {
        self.path = path
        self.index = index
        self.count = count
        self.range = range
        self.total = total
        self.optimizer = optimizer
        self.firstMoment = firstMoment
        self.secondMoment = secondMoment
        self.model = model
    }

    /// Writes, syncs and hashes this rank's files.
    ///
    /// - Returns: their manifest entries.
    public func write() throws -> [ManifestEntry] {
        var files: [ManifestEntry] = []
        if let model {
            files.append(
                try CheckpointWriter.writeModel(
                    path: path, layout: model.layout, parameters: model.parameters.span,
                    description: model.description, state: model.state))
        }
        files.append(
            try CheckpointWriter.writeOptimizerPart(
                path: path, index: index, of: count, range: range, total: total,
                optimizer: optimizer, firstMoment: firstMoment.span,
                secondMoment: secondMoment.span))
        return files
    }
}
