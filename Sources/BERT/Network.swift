import Kernels
import Tensors

/// Heads on top of the encoder, with their losses, over the current batch.
protocol Heads {
    /// Element type of the activations.
    associatedtype Element: TensorElement
    /// Factors on the losses.
    associatedtype Scale
    /// Result of a pass without dropout.
    associatedtype Prediction
    /// Result of a training pass.
    associatedtype Outcome

    /// Range of the heads' parameters in the flat block.
    var range: Range<Int> { get }
    /// Whether `train` has already set the gradient of the token embedding, to which the encoder
    /// then adds its share.
    var sharesTokenEmbedding: Bool { get }

    /// Computes the results from the encoder's output [T, N], without dropout.
    func predict(_ hidden: Matrix<Element>) -> Prediction
    /// Computes the losses from the encoder's output [T, N], with the dropout of `seed`, and the
    /// gradients of `scale` times the losses. The gradients go to the heads' parameters and to
    /// `hiddenGradient` [T, N], which is overwritten.
    func train(
        _ hidden: Matrix<Element>, scale: Scale, seed: UInt64, accumulate: Bool,
        hiddenGradient: Matrix<Element>
    ) -> Outcome
}

/// Encoder and heads over the current batch, for any element type of the activations.
protocol Network<Scale, Prediction, Outcome> {
    associatedtype Scale
    associatedtype Prediction
    associatedtype Outcome

    /// Computes the results without dropout; `progress` is called after each layer.
    func predict(progress: () -> Void) -> Prediction
    /// Computes the outcome with dropout, and the gradients of `scale` times the losses.
    func train(
        scale: Scale, seed: UInt64, accumulate: Bool, observer: GradientObserver
    ) -> Outcome
    /// Computes the results of the heads alone, without dropout, from the encoder's last output.
    func predictAgain() -> Prediction
    /// Finds the encoder's first module whose output was not finite in the last training pass;
    /// `seed` is that of its dropout.
    func firstNotFiniteOutput(seed: UInt64) -> String?
    /// Returns the input of layer `index`, or the last layer's output: [T, N].
    func hiddenStates(_ index: Int) -> [Float]
}

/// Network whose activations, and their gradients, have the heads' element type.
struct TypedNetwork<H: Heads>: Network {
    private let configuration: BERTConfiguration
    private let encoder: Encoder<H.Element>
    private let heads: H

    /// Creates a network over `batch`, which holds the tokens of the current batch.
    init(_ parts: ModelParts, heads: H, batch: TokenBatch) {
        configuration = parts.configuration
        self.heads = heads
        encoder = Encoder(
            parts.configuration, executor: parts.executor, capacity: parts.capacity,
            tensors: EncoderTensors(parts.configuration, parts.tensors),
            gradients: parts.gradientTensors.map { EncoderTensors(parts.configuration, $0) },
            batch: batch, retention: parts.retention)
    }

    func predict(progress: () -> Void) -> H.Prediction {
        encoder.forward(ModelDropouts(configuration, seed: nil), progress: progress)
        return heads.predict(encoder.output)
    }

    func predictAgain() -> H.Prediction { heads.predict(encoder.output) }

    func train(
        scale: H.Scale, seed: UInt64, accumulate: Bool, observer: GradientObserver
    ) -> H.Outcome {
        let dropouts = ModelDropouts(configuration, seed: seed)
        encoder.forward(dropouts, progress: observer.progress)
        let outcome = heads.train(
            encoder.output, scale: scale, seed: seed, accumulate: accumulate,
            hiddenGradient: encoder.outputGradient)
        observer.ready(heads.range)
        observer.progress()
        encoder.backward(
            dropouts, accumulate: accumulate,
            accumulateTokens: accumulate || heads.sharesTokenEmbedding, observer: observer)
        return outcome
    }

    func firstNotFiniteOutput(seed: UInt64) -> String? {
        encoder.firstNotFiniteOutput(ModelDropouts(configuration, seed: seed))
    }

    func hiddenStates(_ index: Int) -> [Float] { encoder.input(of: index).numbers }
}
