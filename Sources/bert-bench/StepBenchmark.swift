import BERT
import Kernels
import Optimization

/// Real training steps on synthetic samples, by the code that `bert-train` runs, on one rank.
final class StepBenchmark {
    let shape: StepShape
    let model: BERTForPreTraining
    let optimizer: Optimizer
    private let batches: [[PretrainingSequence]]
    let accumulation: Int
    private var steps = 0

    private static let seed: UInt64 = 1
    private static let learningRate = 1e-4

    /// A freshly initialized model whose steps have `accumulation` micro-batches each.
    init(_ shape: StepShape, accumulation: Int, executor: KernelExecutor) {
        self.shape = shape
        self.accumulation = accumulation
        model = BERTForPreTraining(
            shape.configuration, for: .training, capacity: shape.capacity, executor: executor)
        model.initialize(seed: Self.seed)
        optimizer = Optimizer(
            settings: OptimizerSettings(), layout: model.layout, executor: executor)
        batches = shape.batches(4)
    }

    /// Tokens that a step sees.
    var tokens: Int { shape.tokens * accumulation }

    /// Floating-point operations of a step's matrix products.
    var operations: Double { shape.operations * Double(accumulation) }

    /// One step: forward and backward over all micro-batches, clipping and AdamW.
    ///
    /// - Parameter phases: is told when each phase ends.
    /// - Throws: where the gradients are not finite, so that the time means nothing.
    func step(_ phases: PhaseClock? = nil) throws {
        steps += 1
        let scale = ObjectiveScale(
            masked: shape.masked * accumulation, sequences: shape.micro * accumulation)
        phases?.start()
        for index in 0..<accumulation {
            let batch = batches[(steps * accumulation + index) % batches.count]
            _ = model.train(
                batch, scale: scale, seed: Self.seed, accumulate: index > 0,
                observer: phases?.observer(layers: shape.configuration.layers)
                    ?? GradientObserver())
        }
        let norm = optimizer.gradientNorm(model.gradients)
        phases?.end("gradient norm")
        guard norm.isFinite else {
            throw BenchmarkError(
                "step \(steps): the gradient norm is \(norm); this is a bug: please report it")
        }
        optimizer.step(
            number: steps, learningRate: Self.learningRate, gradientNorm: norm,
            parameters: model.parameters, gradients: model.gradients)
        phases?.end("AdamW")
    }

    /// Seconds of the masked-language-model head, forward and backward: what the time up to the
    /// end of the heads loses when nothing is masked.
    func maskedHeadSeconds(pairs: Int) -> Double {
        let scale = ObjectiveScale(masked: shape.masked, sequences: shape.micro)
        let unmasked = batches[0].map { sequence in
            var sequence = sequence
            sequence.maskedPositions = []
            sequence.maskedLabels = []
            return sequence
        }
        func untilHeads(_ batch: [PretrainingSequence]) -> Double {
            let clock = PhaseClock()
            clock.start()
            // Gradients are added to, so that without predictions none are cleared instead.
            _ = model.train(
                batch, scale: scale, seed: Self.seed, accumulate: true,
                observer: clock.observer(layers: shape.configuration.layers))
            return clock.seconds(of: PhaseClock.forward)
        }
        return median((0..<pairs).map { _ in untilHeads(batches[0]) - untilHeads(unmasked) })
    }
}
