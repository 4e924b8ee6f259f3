import CMPI

/// What arrived: who sent it, under what tag, and how many elements.
public struct MessageStatus: Equatable, Sendable {
    /// The rank of the sender.
    public let source: Int
    /// The tag the sender gave.
    public let tag: Int
    /// Elements received (or, from a probe, waiting).
    public let count: Int

    init(_ status: CMPIStatus) {
        source = Int(status.source)
        tag = Int(status.tag)
        count = Int(status.count)
    }
}

/// A send or receive that may still be under way.
///
/// The library reads or writes the buffer until the request is complete: the buffer must stay in place, and a
/// receiving one untouched, until ``test()`` has returned true or ``wait()`` has returned. A request that is dropped
/// before that (because an error is on its way out) is cancelled if it receives. A send cannot be called back in MPI;
/// its request is let go, and the error should end the job.
public struct Request: ~Copyable {
    enum Direction {
        case send
        case receive
    }

    private var handle: CMPIRequest
    private let direction: Direction
    private let type: MPIType
    /// What arrived, once a receive is complete; nil for sends.
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
            // Whether the message came first or the cancellation, the request completes without its peer's help.
            var isDone: Int32 = 0
            while cmpi_test_ignoring_status(&handle, &isDone) == cmpi_success(), isDone == 0 {}
        }
    }

    /// Whether the request is complete; the library moves messages on while it looks. True ever after.
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

    /// Waits until the request is complete, giving the core away meanwhile.
    public mutating func wait() throws(MPIError) {
        var wait = YieldingWait(in: direction == .send ? "MPI_Isend" : "MPI_Irecv")
        while try !test() { wait.pause() }
    }
}

@available(*, unavailable) extension Request: Sendable {}
