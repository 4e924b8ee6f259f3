import FineTuning
import Glibc
import MPI

/// Makes a trial fail on purpose, for tests: nothing else fails at a chosen moment.
///
/// The environment variable `BERT_TEST_FAIL_TRIAL=KEY` lets the trial of that key fail in its third
/// batch, on the last rank of its group, at each attempt.
enum TrialFault {
    /// The variable's name.
    static let variable = "BERT_TEST_FAIL_TRIAL"

    static func strike(_ setup: TrialSetup, batch: Int) -> FanOutError? {
        guard batch == 2, setup.group.rank == setup.group.size - 1,
            let key = getenv(variable), String(cString: key) == setup.trial.key
        else { return nil }
        return FanOutError("made to fail by \(variable)")
    }
}
