/// Requests in the order in which they were posted, up to a fixed number: the window of a pipeline.
public struct RequestQueue: ~Copyable {
    private let slots: UnsafeMutableBufferPointer<Request>
    private var first = 0
    /// Requests in the queue.
    public private(set) var count = 0

    /// Makes an empty queue with room for `capacity` requests.
    public init(capacity: Int) {
        precondition(capacity > 0, "a queue has room for at least one request")
        slots = .allocate(capacity: capacity)
    }

    deinit {
        for index in 0..<count {
            slots.deinitializeElement(at: (first + index) % slots.count)
        }
        slots.deallocate()
    }

    /// Whether the queue is full.
    public var isFull: Bool { count == slots.count }

    /// Adds a request at the end. The queue must not be full.
    public mutating func append(_ request: consuming Request) {
        precondition(!isFull, "the queue is full")
        slots.initializeElement(at: (first + count) % slots.count, to: request)
        count += 1
    }

    /// Whether the first request is complete, in which case it is removed. False for an empty
    /// queue.
    public mutating func removeFirstIfComplete() throws(MPIError) -> Bool {
        guard count > 0, try slots[first].test() else { return false }
        slots.deinitializeElement(at: first)
        first = (first + 1) % slots.count
        count -= 1
        return true
    }
}

@available(*, unavailable) extension RequestQueue: Sendable {}
