public import BERT
public import Corpus
public import Distributed
public import MPI

/// Evaluates both pre-training tasks on a fixed set of held-out samples.
///
/// Samples are cut into contiguous parts for the ranks; what a model says of a sample depends on
/// that sample alone, and sums are taken in the order of the samples. So the result is the same,
/// to the last bit, for any number of ranks and any batch size, and nothing is dropped.
public struct PretrainingEvaluator {
    private let source: any SampleSource
    private let communicator: Communicator
    private let exitCode: (any Error) -> Int32
    private let batch: Int
    /// The number of samples that an evaluation looks at.
    public let sampleCount: Int

    /// The seed of held-out samples: the same for all runs, so that their results compare.
    public static let seed: UInt64 = 0

    /// An evaluator of the first `maximumSamples` samples of epoch 0 of `source` (all if that is
    /// 0), whose work the ranks of `communicator` share, `batch` sequences at a time; `exitCode` gives the status of an error
    /// in reading them.
    public init(
        source: any SampleSource, maximumSamples: Int, batch: Int, communicator: Communicator,
        exitCode: @escaping (any Error) -> Int32
    ) {
        precondition(batch > 0, "a batch holds something")
        self.source = source
        self.batch = batch
        self.communicator = communicator
        self.exitCode = exitCode
        let available = source.sampleCount(epoch: 0)
        sampleCount = maximumSamples > 0 ? min(available, maximumSamples) : available
    }

    /// Accuracy and loss of `model`. All ranks call it together, and get the same result.
    ///
    /// - Throws: the first failure of any rank, on all of them.
    public func evaluate(_ model: BERTForPreTraining) throws -> EvaluationResult {
        guard let result = try evaluate(model, brokenOffBy: nil) else {
            preconditionFailure("nobody breaks it off")
        }
        return result
    }

    /// The same, or nil, on all ranks, where `stopPoll` finds that one was told to stop.
    public func evaluate(
        _ model: BERTForPreTraining, brokenOffBy stopPoll: StopPoll?
    ) throws -> EvaluationResult? {
        let partition = Partition(count: sampleCount, parts: communicator.size)
        let part = partition[communicator.rank]
        var labels = [Int64](repeating: 0, count: model.configuration.vocabularySize)
        var numbers: [Double] = []
        numbers.reserveCapacity(part.count * EvaluatedSample.fields)
        var failure: (any Error)?
        // As many rounds as the longest part takes, on all ranks: they agree in each.
        for offset in stride(from: 0, to: partition.longest, by: batch) {
            let start = min(part.lowerBound + offset, part.upperBound)
            do {
                if failure == nil {
                    numbers += try evaluate(
                        model, start..<min(start + batch, part.upperBound), counting: &labels)
                }
            } catch {
                failure = error
            }
            if let stopPoll, try stopPoll.check() { return nil }
        }
        try Agreement(among: communicator).together(exitCode: exitCode) {
            if let failure { throw failure }
        }
        let samples = try exchange(numbers, partition)
        try communicator.allReduce(&labels, .sum)
        return Self.result(samples, labels: labels)
    }

    /// All samples in their order, from the numbers that each rank has of its own.
    private func exchange(_ own: [Double], _ partition: Partition) throws -> [EvaluatedSample] {
        // Parts differ by a sample: for the exchange all are as long as the longest.
        let width = partition.longest * EvaluatedSample.fields
        let filling = [Double](repeating: 0, count: width - own.count)
        let all = try communicator.allGather(own + filling)
        return (0..<communicator.size).flatMap { rank in
            (0..<partition[rank].count).map { index in
                let start = rank * width + index * EvaluatedSample.fields
                return EvaluatedSample(all[start..<start + EvaluatedSample.fields])
            }
        }
    }

    /// The numbers of the samples of `range`, at most a batch, one after another.
    private func evaluate(
        _ model: BERTForPreTraining, _ range: Range<Int>, counting labels: inout [Int64]
    ) throws -> [Double] {
        guard !range.isEmpty else { return [] }
        let samples = try range.map { try source.sample(epoch: 0, index: $0) }
        for sample in samples {
            for label in sample.maskedLabels { labels[Int(label)] += 1 }
        }
        let outcomes = model.evaluate(samples.map { PretrainingSequence($0) })
        return zip(outcomes, samples).flatMap { EvaluatedSample($0, $1).numbers }
    }

    private static func result(_ samples: [EvaluatedSample], labels: [Int64]) -> EvaluationResult {
        var (maskedLoss, nextLoss) = (0.0, 0.0)
        var (maskedCorrect, masked, nextCorrect, random) = (0, 0, 0, 0)
        for sample in samples {
            maskedLoss += sample.outcome.maskedLoss
            maskedCorrect += sample.outcome.maskedCorrect
            masked += sample.outcome.masked
            nextLoss += sample.outcome.nextSentenceLoss
            nextCorrect += sample.outcome.nextSentenceCorrect ? 1 : 0
            random += sample.isRandomNext ? 1 : 0
        }
        func share(_ part: Int, of whole: Int) -> Double { Double(part) / Double(max(whole, 1)) }
        let mostFrequent = labels.indices.max { (labels[$0], $1) < (labels[$1], $0) } ?? 0
        return EvaluationResult(
            maskedAccuracy: share(maskedCorrect, of: masked),
            maskedLoss: maskedLoss / Double(max(masked, 1)), maskedTokens: masked,
            nextSentenceAccuracy: share(nextCorrect, of: samples.count),
            nextSentenceLoss: nextLoss / Double(max(samples.count, 1)),
            nextSentencePairs: samples.count,
            maskedBaseline: share(Int(labels[mostFrequent]), of: masked),
            maskedBaselineID: mostFrequent,
            nextSentenceBaseline: share(max(random, samples.count - random), of: samples.count))
    }
}
