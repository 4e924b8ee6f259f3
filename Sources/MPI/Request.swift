import CMPI

/// Sender, tag and number of elements of a received message.
public struct MessageStatus: Equatable, Sendable {
    /// Rank of the sender.
    public let source: Int
    /// Tag given by the sender.
    public let tag: Int
    /// Number of elements received (or, from a probe, waiting).
    public let count: Int

    init(_ status: CMPIStatus) {
        source = Int(status.source)
        tag = Int(status.tag)
        count = Int(status.count)
    }
}

/// A send or receive that may still be in flight.
///
/// The library reads or writes the buffer until the request is complete. Until ``test()`` has
/// returned true or ``wait()`` has returned, the buffer must keep its address, and a receive buffer
/// must not be used. A request that is dropped before that (because of a thrown error) is cancelled
/// if it is a receive. MPI cannot cancel a send; its request is released, and the error should end
/// the job.
public struct Request: ~Copyable {
    enum Direction {
        case send
        case receive
    }

    private var handle: CMPIRequest
    private let direction: Direction
    private let type: MPIType
    /// Status of a completed receive; nil for sends.
    public private(set) var status: MessageStatus?

    init(_ handle: CMPIRequest, _ direction: Direction, _ type: MPIType) {
        self.handle = handle
        self.direction = direction
        self.type = type
    }

    deinit {
        guard cmpi_request_is_null(handle) == 0, !MPIEnvironment.wasFinalized else { return }
        var handle = handle
        switch direction {
        case .send:
            _ = cmpi_request_free(&handle)
        case .receive:
            guard cmpi_cancel(&handle) == cmpi_success() else { return }
            // Whether the message or the cancellation came first, the request completes without its
            // peer's help.
            var isDone: Int32 = 0
            while cmpi_test_ignoring_status(&handle, &isDone) == cmpi_success(), isDone == 0 {}
        }
    }

    /// Whether the request is complete; the library makes progress on messages meanwhile. Stays
    /// true.
    public mutating func test() throws(MPIError) -> Bool {
        if cmpi_request_is_null(handle) != 0 { return true }
        var isDone: Int32 = 0
        switch direction {
        case .send:
            try check(cmpi_test_ignoring_status(&handle, &isDone), "MPI_Test")
        case .receive:
            var received = CMPIStatus()
            try check(cmpi_test(&handle, type.handle, &isDone, &received), "MPI_Test")
            if isDone != 0 { status = MessageStatus(received) }
        }
        return isDone != 0
    }

    /// Waits until the request is complete, yielding the core meanwhile.
    public mutating func wait() throws(MPIError) {
        var wait = YieldingWait(in: direction == .send ? "MPI_Isend" : "MPI_Irecv")
        while try !test() { wait.pause() }
    }
}

@available(*, unavailable) extension Request: Sendable {}
