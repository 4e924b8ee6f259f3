import BERT
import Samples

/// The numbers that the ranks add up before a step.
struct StepNumbers {
    /// Masked tokens.
    var masked: Int64
    /// Tokens, of which none is padding.
    var tokens: Int64
    /// Sequences.
    var sequences: Int64
    /// Squares of the sequences' lengths.
    var squaredLengths: Int64
    /// Ranks that were asked to stop.
    var stopRequests: Int64 = 0
    /// Ranks that want a checkpoint after the step.
    var checkpointRequests: Int64 = 0
    /// Ranks that could not read their samples.
    var failures: Int64 = 0
    /// Ranks that still write at a checkpoint.
    var busyRanks: Int64 = 0

    static var places: [WritableKeyPath<Self, Int64>] {
        [
            \.masked, \.tokens, \.sequences, \.squaredLengths, \.stopRequests,
            \.checkpointRequests, \.failures, \.busyRanks,
        ]
    }

    /// The numbers of this rank's `sequences`.
    init(_ sequences: [PretrainingSample]) {
        func sum(_ number: (PretrainingSample) -> Int) -> Int64 {
            sequences.reduce(0) { $0 + Int64(number($1)) }
        }
        masked = sum(\.maskedLabels.count)
        tokens = sum(\.tokenIDs.count)
        squaredLengths = sum { $0.tokenIDs.count * $0.tokenIDs.count }
        self.sequences = Int64(sequences.count)
    }
}
