import Glibc
import OperatingSystem
import Runtime
import Testing

/// The deadline of a run.
@Suite("time budget") struct TimeBudgetTests {
    @Test("a pause that is known is no gap between two polls", arguments: [true, false])
    func gaps(restarts: Bool) {
        // Leaving takes five seconds. After the pause seven are left, too few for a gap as long.
        let budget = TimeBudget(until: MonotonicClock.seconds + 10, parameterCount: 1)
        #expect(!budget.isSpent())
        usleep(3_000_000)
        if restarts { budget.restart() }
        #expect(budget.isSpent() == !restarts)
    }
}
