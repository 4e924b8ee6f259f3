public import BERT
public import Corpus
public import Distributed
public import MPI
public import Tokenization

/// Evaluates both pre-training tasks on a fixed set of held-out samples.
///
/// Samples are split into contiguous parts, one per rank. A model's predictions for a sample depend
/// on that sample alone, and sums are taken in the order of the samples. So the result is the same,
/// down to the last bit, for any number of ranks and any batch size, and nothing is dropped.
public struct PretrainingEvaluator {
    private let source: any SampleSource
    private let vocabulary: Vocabulary
    private let communicator: Communicator
    private let batch: Int
    /// Number of samples in an evaluation.
    public let sampleCount: Int

    /// Seed of held-out samples: the same for all runs, so that their results are comparable.
    public static let seed: UInt64 = 0

    /// Creates an evaluator of the first `maximumSamples` samples of epoch 0 of `source` (all if
    /// that is 0). The ranks of `communicator` share the work, `batch` sequences at a time;
    /// `vocabulary` tells words from pieces of words.
    public init(
        source: any SampleSource, vocabulary: Vocabulary, maximumSamples: Int, batch: Int,
        communicator: Communicator
    ) {
        precondition(batch > 0, "a batch holds something")
        self.source = source
        self.vocabulary = vocabulary
        self.batch = batch
        self.communicator = communicator
        let available = source.sampleCount(epoch: 0)
        sampleCount = maximumSamples > 0 ? min(available, maximumSamples) : available
    }

    /// Computes accuracy and loss of `model`. Collective; the result is the same on all ranks.
    ///
    /// - Throws: the first failure of any rank, on all of them.
    public func evaluate(_ model: BERTForPreTraining) throws -> EvaluationResult {
        guard let result = try evaluate(model, interruptedBy: nil) else {
            preconditionFailure("nobody breaks it off")
        }
        return result
    }

    /// Computes the same, or returns nil on all ranks if `stopPoll` finds that any was asked to
    /// stop.
    public func evaluate(
        _ model: BERTForPreTraining, interruptedBy stopPoll: StopPoll?
    ) throws -> EvaluationResult? {
        let partition = Partition(count: sampleCount, parts: communicator.size)
        let part = partition[communicator.rank]
        var words: [UInt64] = []
        var failure: (any Error)?
        // All ranks run as many rounds as the longest part takes, because they agree in each.
        for offset in stride(from: 0, to: partition.longest, by: batch) {
            let start = min(part.lowerBound + offset, part.upperBound)
            do {
                if failure == nil {
                    try evaluate(model, start..<min(start + batch, part.upperBound), to: &words)
                }
            } catch {
                failure = error
            }
            if let stopPoll, try stopPoll.check() { return nil }
        }
        try Agreement(among: communicator).throwingTogether {
            if let failure { throw failure }
        }
        return EvaluationSummary(try exchange(words), corpora: source.corpora).result
    }

    /// Returns all samples in order, gathered from the ranks.
    private func exchange(_ own: [UInt64]) throws -> [EvaluatedSample] {
        let all = try communicator.allGather(bytes: own.withUnsafeBytes { Array($0) })
        return all.flatMap { bytes in
            var words = bytes.withUnsafeBytes { raw in
                (0..<raw.count / 8).map {
                    raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)
                }
            }[...]
            var samples: [EvaluatedSample] = []
            while !words.isEmpty { samples.append(EvaluatedSample(readingFrom: &words)) }
            return samples
        }
    }

    /// Appends the predictions of `model` for the samples of `range`, at most a batch, in order.
    private func evaluate(
        _ model: BERTForPreTraining, _ range: Range<Int>, to words: inout [UInt64]
    ) throws {
        guard !range.isEmpty else { return }
        let samples = try range.map { try source.sample(epoch: 0, index: $0) }
        let outcomes = model.evaluate(samples)
        var tokens = model.tokenOutcomes[...]
        for (sample, outcome) in zip(samples, outcomes) {
            EvaluatedSample(
                sample, outcome, tokens: tokens.prefix(outcome.masked), vocabulary: vocabulary
            ).append(to: &words)
            tokens = tokens.dropFirst(outcome.masked)
        }
    }
}
