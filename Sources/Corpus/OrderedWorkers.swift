import Dispatch

/// Worker threads that process a stream of inputs and return results in the order of the inputs.
///
/// Inputs are assigned to the workers in turn. Each has its own queue and state, so the results
/// cannot depend on the number of workers.
final class OrderedWorkers<Input: Sendable, Output: Sendable> {
    private let workers: [Worker]
    private var pending: [Slot] = []
    private var submitted = 0

    /// State of one thread, accessed on its queue only.
    private final class Worker: @unchecked Sendable {
        let queue: DispatchQueue
        let work: (Input) throws -> Output

        init(_ number: Int, _ work: @escaping (Input) throws -> Output) {
            queue = DispatchQueue(label: "worker \(number)")
            self.work = work
        }
    }

    /// A future result: written once before `isReady` is signalled, read once after.
    private final class Slot: @unchecked Sendable {
        var result: Result<Output, any Error>?
        let isReady = DispatchSemaphore(value: 0)
    }

    /// Starts `count` workers, each with its own function from `makeWork`.
    init(count: Int, makeWork: () -> (Input) throws -> Output) {
        workers = (0..<count).map { Worker($0, makeWork()) }
    }

    deinit {
        // After an error nobody waits for the pending inputs, but they must not outlive their
        // owner.
        for slot in pending { slot.isReady.wait() }
    }

    /// Whether the maximum number of inputs is in flight.
    var isFull: Bool { pending.count >= Self.window(workers: workers.count) }

    /// Whether no input is in flight.
    var isEmpty: Bool { pending.isEmpty }

    /// Maximum number of inputs in flight.
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
    /// - Throws: the worker's error.
    func takeFirst() throws -> Output {
        let slot = pending.removeFirst()
        slot.isReady.wait()
        guard let result = slot.result else { preconditionFailure("signalled without a result") }
        return try result.get()
    }
}
