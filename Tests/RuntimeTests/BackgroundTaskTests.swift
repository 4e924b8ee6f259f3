import Kernels
import Runtime
import Testing

/// Work on background threads.
@Suite("background task") struct BackgroundTaskTests {
    /// A thread inherits its creator's processors unless specified otherwise, because threads that
    /// write checkpoints must not compete with a pinned rank.
    @Test("a thread in the background leaves the processor of the pinned one that starts it")
    func processors() throws {
        let all = ProcessorAffinity.ofThisThread
        let first = try #require(all.first)
        ProcessorAffinity.bindThisThread(to: [first])
        defer { ProcessorAffinity.bindThisThread(to: all) }
        #expect(try BackgroundTask { ProcessorAffinity.ofThisThread }.result() == [first])
        #expect(try BackgroundTask(on: all) { ProcessorAffinity.ofThisThread }.result() == all)
        // Nonexistent processors: it still runs.
        #expect(try BackgroundTask(on: [1 << 20]) { 7 }.result() == 7)
        #expect(ProcessorAffinity.ofThisThread == [first])
    }
}
