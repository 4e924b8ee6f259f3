public import Kernels
public import Tensors

/// A model of this family: an encoder with heads on top, its parameters and their gradients.
///
/// It knows no file, rank or text. All memory is allocated when it is made; a step allocates
/// nothing that grows with the model. `BERTForPreTraining` and `BERTForFineTuning` add the passes
/// over batches of their own.
public class BERTModel {
    /// The purpose of a model, which decides the memory it takes.
    public enum Use: Sendable {
        /// Forward and backward, with gradients.
        case training
        /// Forward only: no gradients, and one layer's activations.
        case inference
    }

    /// Sizes and constants.
    public let configuration: BERTConfiguration
    /// The place of each parameter in `parameters` and `gradients`.
    public let layout: ParameterLayout
    /// All parameters.
    public let parameters: Block<Float>
    /// The gradients of all parameters; empty for inference.
    public let gradients: Block<Float>
    /// Runs the kernels.
    public let executor: KernelExecutor
    /// The largest batch that fits.
    public let capacity: BatchCapacity
    /// The storage type of activations and their gradients.
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

    /// Sets the parameters to the initial values of `seed`.
    public func initialize(seed: UInt64) {
        layout.initialize(parameters, seed: seed, range: configuration.initializerRange)
    }

    /// Bytes of the parameters and, for training, of their gradients.
    static func parameterBytes(_ layout: ParameterLayout, for use: Use) -> Int {
        layout.count * (use == .training ? 2 : 1) * MemoryLayout<Float>.stride
    }
}

/// The parts of a model that its encoder and its heads share.
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

    /// Takes the memory of parameters, all 0, and gradients.
    ///
    /// - Precondition: `configuration.problem` is nil, and sequences of the capacity's length have
    ///   positions.
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
