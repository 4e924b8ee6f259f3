import Dispatch

/// Threads that work on a stream of inputs, whose results come back in the order of the inputs.
///
/// Inputs are dealt to the workers in turn: each has its own queue and its own state, and nothing
/// that comes out can depend on how many there are.
final class OrderedWorkers<Input: Sendable, Output: Sendable> {
    private let workers: [Worker]
    private var pending: [Slot] = []
    private var submitted = 0

    /// One thread's state, touched on its queue only.
    private final class Worker: @unchecked Sendable {
        let queue: DispatchQueue
        let work: (Input) throws -> Output

        init(_ number: Int, _ work: @escaping (Input) throws -> Output) {
            queue = DispatchQueue(label: "worker \(number)")
            self.work = work
        }
    }

    /// A result to come: written once before `isReady` is signalled, read once after.
    private final class Slot: @unchecked Sendable {
        var result: Result<Output, any Error>?
        let isReady = DispatchSemaphore(value: 0)
    }

    /// `count` workers, each with the function that `makeWork` makes for it.
    init(count: Int, makeWork: () -> (Input) throws -> Output) {
        workers = (0..<count).map { Worker($0, makeWork()) }
    }

    deinit {
        // Nobody waits for what is left after an error, but it must not outlive its owner.
        for slot in pending { slot.isReady.wait() }
    }

    /// Whether as many inputs are on their way as memory is meant for.
    var isFull: Bool { pending.count >= Self.window(workers: workers.count) }

    /// Whether no input is on its way.
    var isEmpty: Bool { pending.isEmpty }

    /// The number of inputs that may be on their way.
    static func window(workers: Int) -> Int { 2 * workers + 2 }

    /// Hands `input` to a worker.
    func submit(_ input: Input) {
        let worker = workers[submitted % workers.count]
        let slot = Slot()
        submitted += 1
        pending.append(slot)
        worker.queue.async {
            slot.result = Result { try worker.work(input) }
            slot.isReady.signal()
        }
    }

    /// Waits for the result of the oldest input.
    ///
    /// - Precondition: `!isEmpty`.
    /// - Throws: What the worker threw.
    func takeFirst() throws -> Output {
        let slot = pending.removeFirst()
        slot.isReady.wait()
        guard let result = slot.result else { preconditionFailure("signalled without a result") }
        return try result.get()
    }
}
