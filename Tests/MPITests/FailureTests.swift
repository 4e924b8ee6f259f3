import Glibc
import MPI
import MPITestSupport
import Testing

/// The end of a job in which one rank fails. `Tests/run-mpi` selects the failure by
/// BERT_TEST_FAILURE, runs only this suite and requires that all ranks end soon and that the
/// launcher reports a failure.
@MainActor @Suite("MPI failures", .serialized, .enabled(if: getenv("BERT_TEST_FAILURE") != nil))
struct FailureTests {
    @Test func oneRankFailsWhileOthersWait() throws {
        let world = TestJob.world
        let way = getenv("BERT_TEST_FAILURE").map { String(cString: $0) } ?? ""
        if world.rank == world.size - 1 {
            switch way {
            case "abort": MPIEnvironment.abort(code: 70)
            case "trap": preconditionFailure("a bug on one rank")
            case "leave": _exit(3)
            case "kill": kill(getpid(), SIGKILL)
            default: Issue.record("BERT_TEST_FAILURE is '\(way)': want abort, trap, leave or kill")
            }
        }
        // The others wait here for a rank that never arrives.
        try world.barrier()
        Issue.record("a barrier passed without the failed rank")
    }
}
