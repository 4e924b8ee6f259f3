import BERT
import Glibc
import Tensors

/// Makes gradients overflow on purpose, for tests: nothing else in a run can be made to overflow at
/// a chosen moment on a chosen rank.
///
/// The environment variable `BERT_TEST_OVERFLOW=RANK:FIRST[-LAST]` makes one element of that rank's
/// gradient infinite in the batches FIRST...LAST of the run. Batches count from 1, and skipped ones
/// count: with a step's number a try after a skip could not be told from the skipped one. Which
/// batch a run is at is part of its state, so an overflow happens again where a run is resumed
/// before it, and does not where it is resumed behind it.
public struct OverflowInjection: Sendable, Equatable {
    /// The variable's name.
    public static let variable = "BERT_TEST_OVERFLOW"

    /// The parameter whose gradient is spoilt: every model has it.
    package static let parameter = "bert.encoder.layer.0.output.dense.weight"

    let rank: Int
    let batches: ClosedRange<Int>

    /// What `text`, the variable's value, asks for.
    ///
    /// - Throws: `TrainingError` (78) where it cannot be understood.
    package init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let bounds = (parts.last ?? "").split(
            separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let rank = Int(parts[0]), rank >= 0, let first = Int(bounds[0]),
            let last = Int(bounds[bounds.count - 1]), first >= 1, first <= last
        else {
            throw TrainingError.configuration(
                "the environment variable \(Self.variable) is \"\(text)\", but must be "
                    + "RANK:FIRST or RANK:FIRST-LAST; it is for tests only: unset it")
        }
        self.rank = rank
        batches = first...last
    }

    /// What the environment asks for, if anything.
    static func fromEnvironment() throws -> OverflowInjection? {
        try getenv(variable).map { try OverflowInjection(String(cString: $0)) }
    }

    /// Spoils the gradient once `range` of it, which holds the chosen parameter, is there.
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
