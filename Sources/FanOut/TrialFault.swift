import FineTuning
import Glibc
import MPI

/// Makes a trial fail on purpose, for tests, because nothing else fails at a chosen time.
///
/// The environment variable `BERT_TEST_FAIL_TRIAL=KEY` makes the trial of that key fail in its
/// third batch, on the last rank of its group, in every attempt. `BERT_TEST_KILL_TRIAL=KEY` kills
/// that rank there, as the kernel does when memory is exhausted. `BERT_TEST_SAVE_SECONDS=N` is the
/// interval at which states are saved.
enum TrialFault {
    private static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    static func strike(_ setup: TrialSetup, batch: Int) -> FanOutError? {
        guard batch == 2, setup.group.rank == setup.group.size - 1 else { return nil }
        if value("BERT_TEST_KILL_TRIAL") == setup.trial.key { raise(SIGKILL) }
        guard value("BERT_TEST_FAIL_TRIAL") == setup.trial.key else { return nil }
        return FanOutError("made to fail by BERT_TEST_FAIL_TRIAL")
    }

    static var saveSeconds: Double? { value("BERT_TEST_SAVE_SECONDS").flatMap { Double($0) } }
}
