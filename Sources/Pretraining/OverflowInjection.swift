import BERT
import Glibc
import Tensors

/// Makes gradients overflow on purpose, for tests, because nothing else in a run can be made to
/// overflow at a chosen time on a chosen rank.
///
/// The environment variable `BERT_TEST_OVERFLOW=RANK:FIRST[-LAST]` makes one element of that rank's
/// gradient infinite in the batches FIRST...LAST of the run. Batches count from 1 and include
/// skipped ones, because by step number an attempt after a skip could not be distinguished from the
/// skipped one. The batch number is part of the run's state, so the overflow recurs if the run
/// resumes before it, and does not if it resumes after it.
public struct OverflowInjection: Sendable, Equatable {
    /// Name of the variable.
    public static let variable = "BERT_TEST_OVERFLOW"

    /// Parameter whose gradient is corrupted; every model has it.
    package static let parameter = "bert.encoder.layer.0.output.dense.weight"

    let rank: Int
    let batches: ClosedRange<Int>

    /// Parses `text`, the variable's value.
    ///
    /// - Throws: `PretrainingError` (78) if it is malformed.
    package init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let bounds = (parts.last ?? "").split(
            separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let rank = Int(parts[0]), rank >= 0, let first = Int(bounds[0]),
            let last = Int(bounds[bounds.count - 1]), first >= 1, first <= last
        else {
            throw PretrainingError.configuration(
                "the environment variable \(Self.variable) is \"\(text)\", but must be "
                    + "RANK:FIRST or RANK:FIRST-LAST; it is for tests only: unset it")
        }
        self.rank = rank
        batches = first...last
    }

    /// The injection requested by the environment, if any.
    static func fromEnvironment() throws -> OverflowInjection? {
        try getenv(variable).map { try OverflowInjection(String(cString: $0)) }
    }

    /// Corrupts the gradient once its `range` that contains the chosen parameter is complete.
    func spoil(
        _ gradients: Block<Float>, of layout: ParameterLayout, _ range: Range<Int>, rank: Int,
        batch: Int
    ) {
        guard rank == self.rank, batches.contains(batch),
            let place = layout[Self.parameter]?.range, range.contains(place.lowerBound)
        else { return }
        gradients.vector[place.lowerBound + place.count / 2] = .infinity
    }
}
