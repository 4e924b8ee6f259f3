import BERT
import FineTuning
import Kernels
import OperatingSystem
import Optimization
import Tensors
import TrainingStep

/// The properties of a trial that determine the duration of a step: a model, and examples of real
/// lengths.
struct TrialShape: Codable, Equatable {
    let model: BERTConfiguration
    let head: TaskHead
    let headDropout: Double
    let precision: Precision
    let sequenceLength: Int
    /// Maximum number of inputs computed at once.
    let inputs: Int
    /// Micro-batches of one rank.
    let train: [[TaskExample]]
    /// Evaluation batches.
    let evaluate: [[TaskExample]]

    /// Measured times of a shape.
    struct Seconds: Codable {
        /// Seconds per training token: forward and backward.
        var trainToken: Double
        /// Seconds per update.
        var update: Double
        /// Seconds per evaluation token.
        var evaluateToken: Double
    }

    /// Shape of `work`, where each rank of a group has at most `share` examples of a batch.
    init(_ work: TaskWork, _ configuration: FineTuningConfiguration, share: Int) {
        model = work.start.configuration
        head = work.head
        headDropout = configuration.headDropout ?? work.start.headDropout
        precision = configuration.precision
        sequenceLength = configuration.sequenceLength(of: work.task)
        inputs = work.inputs
        train = Self.batches(work.samples.train, of: configuration.microBatchSize, share: share)
        evaluate = Self.batches(work.samples.evaluate, of: configuration.microBatchSize)
    }

    /// Maximum number of batches of a sample; enough for their lengths to represent the data.
    private static let sampledBatches = 8

    /// Splits `examples` like `TaskInputs.batches`, into batches of at most the given number of
    /// inputs and at most `share` examples.
    private static func batches(
        _ examples: [TaskExample], of limit: Int, share: Int = .max
    ) -> [[TaskExample]] {
        var batches: [[TaskExample]] = []
        var room = 0
        for example in examples {
            let needed = example.inputs.count
            if batches.isEmpty || needed > room || batches[batches.count - 1].count >= share {
                guard batches.count < sampledBatches else { break }
                batches.append([])
                room = limit
            }
            batches[batches.count - 1].append(example)
            room -= needed
        }
        return batches
    }

    /// Measures steps and evaluations on this rank, with the code that runs trials. Parameters are
    /// random and nothing is written.
    ///
    /// - Parameter budget: seconds after which no more batches of a kind begin; at least one is
    ///   measured, after one to warm up.
    func measure(_ executor: KernelExecutor, budget: Double) throws -> Seconds {
        let network = BERTForFineTuning(
            model, head: head, for: .training,
            capacity: BatchCapacity(
                sequences: inputs, sequenceLength: sequenceLength, maskedPerSequence: 0),
            executor: executor, headDropout: headDropout, precision: precision)
        network.initialize(seed: 1)
        let replica = try ReplicaStep(
            of: network, optimizer: OptimizerSettings(learningRate: 0), scaling: .fixed(1),
            among: nil)
        let trainToken = Self.secondsPerToken(train, budget) { batch in
            _ = network.train(batch, scale: 1, seed: 1, accumulate: false)
        }
        let update = try Self.leastSeconds {
            _ = try replica.update(number: 1, learningRate: 0, loss: 0)
        }
        let evaluateToken = Self.secondsPerToken(evaluate, budget) { _ = network.predict($0) }
        return Seconds(trainToken: trainToken, update: update, evaluateToken: evaluateToken)
    }

    private static func secondsPerToken(
        _ batches: [[TaskExample]], _ budget: Double, _ body: ([TaskExample]) -> Void
    ) -> Double {
        guard let first = batches.first else { return 0 }
        body(first)
        let start = MonotonicClock.seconds
        var tokens = 0
        for batch in batches {
            body(batch)
            tokens += batch.reduce(0) { $0 + $1.tokens }
            if MonotonicClock.seconds - start > budget { break }
        }
        return (MonotonicClock.seconds - start) / Double(max(tokens, 1))
    }

    /// The less of two times: the first touches memory that nobody has used.
    private static func leastSeconds(_ body: () throws -> Void) rethrows -> Double {
        try (0..<2).reduce(.infinity) { least, _ in
            let start = MonotonicClock.seconds
            try body()
            return min(least, MonotonicClock.seconds - start)
        }
    }
}
