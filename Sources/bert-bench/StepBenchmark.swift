import BERT
import Kernels
import Optimization
import Samples
import Tensors
import TrainingStep

/// Real training steps on synthetic samples, run by the code of `bert-train`, on one rank.
final class StepBenchmark {
    let shape: StepShape
    let model: BERTForPreTraining
    private let replica: ReplicaStep
    /// The optimizer of the steps.
    var optimizer: Optimizer { replica.optimizer }
    private let batches: [[PretrainingSample]]
    let accumulation: Int
    private var steps = 0

    private static let seed: UInt64 = 1

    /// Makes a freshly initialized model whose steps have `accumulation` micro-batches each.
    ///
    /// - Throws: `PretrainingError` (78) if it does not fit into memory.
    init(
        _ shape: StepShape, precision: Precision, accumulation: Int, executor: KernelExecutor
    ) throws {
        try Limits.check(
            bytes: BERTForPreTraining.memoryBytes(
                shape.configuration, for: .training, capacity: shape.capacity,
                threads: executor.team.count, precision: precision),
            parameters: ParameterLayout.pretraining(shape.configuration).count,
            micro: shape.micro)
        self.shape = shape
        self.accumulation = accumulation
        model = BERTForPreTraining(
            shape.configuration, for: .training, capacity: shape.capacity, executor: executor,
            precision: precision)
        model.initialize(seed: Self.seed)
        replica = try ReplicaStep(
            of: model, optimizer: OptimizerSettings(), scaling: .fixed(1), among: nil)
        batches = shape.batches(4)
    }

    /// Tokens per step.
    var tokens: Int { shape.tokens * accumulation }

    /// Floating-point operations of a step's matrix products.
    var operations: Double { shape.operations * Double(accumulation) }

    /// Runs one step: forward and backward over all micro-batches, clipping and AdamW.
    ///
    /// - Parameter phases: called when each phase ends.
    /// - Throws: where the gradients are not finite, so that the time means nothing.
    func step(_ phases: PhaseClock? = nil) throws {
        steps += 1
        let scale = ObjectiveScale(
            masked: shape.masked * accumulation, sequences: shape.micro * accumulation)
        phases?.start()
        _ = try replica.computeGradients(MicroBatchRounds(accumulation, of: accumulation)) {
            index, accumulates, observer in
            let batch = batches[(steps * accumulation + index) % batches.count]
            _ = model.train(
                batch, scale: scale, seed: Self.seed, accumulate: accumulates,
                observer: phases?.observer(layers: shape.configuration.layers) ?? observer)
        }
        let norm = try replica.gradientNorm()
        phases?.end("gradient norm")
        guard norm.isFinite else {
            throw BenchmarkError(
                "step \(steps): the gradient norm is \(norm); this is a bug: please report it")
        }
        try replica.apply(
            number: steps, learningRate: replica.optimizer.settings.learningRate,
            gradientNorm: norm)
        phases?.end("AdamW")
    }

    /// Seconds of the masked-language-model head, forward and backward: the reduction of the time
    /// up to the end of the heads if nothing is masked.
    ///
    /// A model of one layer shows it best, because the head takes most of that time.
    func maskedHeadSeconds(trials: Int) throws -> Double {
        let shallow = try StepBenchmark(
            shape.withLayers(1), precision: model.precision, accumulation: 1,
            executor: model.executor)
        let masked = shallow.batches[0]
        let unmasked = masked.map { sequence in
            var sequence = sequence
            sequence.maskedPositions = []
            sequence.maskedLabels = []
            return sequence
        }
        _ = shallow.secondsUntilHeads(masked)
        var best = (masked: Double.infinity, unmasked: Double.infinity)
        for _ in 0..<trials {
            best.masked = min(best.masked, shallow.secondsUntilHeads(masked))
            best.unmasked = min(best.unmasked, shallow.secondsUntilHeads(unmasked))
        }
        return best.masked - best.unmasked
    }

    private func secondsUntilHeads(_ batch: [PretrainingSample]) -> Double {
        let clock = PhaseClock()
        clock.start()
        // Gradients are accumulated, so without predictions they are cleared instead.
        _ = model.train(
            batch, scale: ObjectiveScale(masked: shape.masked, sequences: shape.micro),
            seed: Self.seed, accumulate: true,
            observer: clock.observer(layers: shape.configuration.layers))
        return clock.seconds(of: PhaseClock.forward)
    }
}
