public import Kernels
public import Tensors

/// Model of the BERT family: an encoder with heads on top, its parameters and their gradients.
///
/// The model knows no file, rank or text. All memory is allocated at creation, and a step allocates
/// nothing that grows with the model. `BERTForPreTraining` and `BERTForFineTuning` add the passes
/// over their own kinds of batches.
public class BERTModel {
    /// Purpose of a model, which determines its memory.
    public enum Use: Sendable {
        /// Forward and backward passes, with gradients.
        case training
        /// Forward pass only: no gradients, and the activations of one layer.
        case inference
    }

    /// Sizes and constants.
    public let configuration: BERTConfiguration
    /// Location of each parameter in `parameters` and `gradients`.
    public let layout: ParameterLayout
    /// All parameters.
    public let parameters: Block<Float>
    /// Gradients of all parameters; empty for inference.
    public let gradients: Block<Float>
    /// Executor of the kernels.
    public let executor: KernelExecutor
    /// Capacity: the largest batch that fits.
    public let capacity: BatchCapacity
    /// Storage type of activations and their gradients.
    public let precision: Precision
    let use: Use
    let retention: Retention

    init(_ parts: ModelParts) {
        configuration = parts.configuration
        layout = parts.layout
        parameters = parts.parameters
        gradients = parts.gradients
        executor = parts.executor
        capacity = parts.capacity
        precision = parts.precision
        use = parts.use
        retention = parts.retention
    }

    /// Sets the parameters to the initial values derived from `seed`.
    public func initialize(seed: UInt64) {
        layout.initialize(parameters, seed: seed, range: configuration.initializerRange)
    }

    /// Returns the bytes of the parameters and, for training, of their gradients.
    static func parameterBytes(_ layout: ParameterLayout, for use: Use) -> Int {
        layout.count * (use == .training ? 2 : 1) * MemoryLayout<Float>.stride
    }
}

/// Parts of a model that its encoder and its heads share.
struct ModelParts {
    let configuration: BERTConfiguration
    let layout: ParameterLayout
    let parameters: Block<Float>
    let gradients: Block<Float>
    let executor: KernelExecutor
    let capacity: BatchCapacity
    let precision: Precision
    let use: BERTModel.Use
    let retention: Retention

    /// Allocates the parameters, all 0, and the gradients.
    ///
    /// - Precondition: `configuration.problem` is nil, and the position embeddings cover the
    ///   capacity's sequence length.
    init(
        _ configuration: BERTConfiguration, layout: ParameterLayout, for use: BERTModel.Use,
        capacity: BatchCapacity, executor: KernelExecutor, precision: Precision,
        recomputes: Bool = false
    ) {
        precondition(configuration.problem == nil, "impossible configuration")
        precondition(capacity.sequenceLength <= configuration.maximumPositions, "too few positions")
        self.configuration = configuration
        self.layout = layout
        self.executor = executor
        self.capacity = capacity
        self.precision = precision
        self.use = use
        parameters = Block(count: layout.count)
        gradients = Block(count: use == .training ? layout.count : 0)
        retention = Retention(use, recomputes: recomputes)
    }

    /// Whether there is a backward pass.
    var trains: Bool { retention != .inference }

    /// Views of the parameters.
    var tensors: TensorViews { TensorViews(layout: layout, block: parameters.vector) }

    /// Views of the gradients; nil for inference.
    var gradientTensors: TensorViews? {
        trains ? TensorViews(layout: layout, block: gradients.vector) : nil
    }
}
