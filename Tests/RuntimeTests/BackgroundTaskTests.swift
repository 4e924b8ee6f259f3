import Kernels
import Runtime
import Testing

/// Work on threads of its own.
@Suite("background task") struct BackgroundTaskTests {
    /// A thread may run where the one that starts it may, unless it is told otherwise: the threads
    /// that write checkpoints are not to take turns with a pinned rank.
    @Test("a thread in the background leaves the processor of the pinned one that starts it")
    func processors() throws {
        let all = ProcessorAffinity.ofThisThread
        let first = try #require(all.first)
        ProcessorAffinity.bindThisThread(to: [first])
        defer { ProcessorAffinity.bindThisThread(to: all) }
        #expect(try BackgroundTask { ProcessorAffinity.ofThisThread }.result() == [first])
        #expect(try BackgroundTask(on: all) { ProcessorAffinity.ofThisThread }.result() == all)
        // Processors that there are not: it runs all the same.
        #expect(try BackgroundTask(on: [1 << 20]) { 7 }.result() == 7)
        #expect(ProcessorAffinity.ofThisThread == [first])
    }
}
