import CMPI

/// A group of communicating ranks; messages of different communicators are separate.
///
/// The world is borrowed from the library; duplicates and splits are owned, and freed with the last
/// reference. A communicator belongs to the main thread, so it is not `Sendable`. All calls throw
/// `MPIError`, and all waits yield the core (see ``YieldingWait``), so there may be more ranks than
/// cores.
///
/// Calls that all ranks must make, in the same order, are marked "collective".
public final class Communicator {
    let handle: CMPIComm
    private let isOwned: Bool

    /// Rank of this process in the group, from 0.
    public let rank: Int
    /// Number of ranks in the group.
    public let size: Int

    private init(_ handle: CMPIComm, isOwned: Bool) throws(MPIError) {
        var rank: Int32 = 0
        var size: Int32 = 0
        try check(cmpi_comm_rank(handle, &rank), "MPI_Comm_rank")
        try check(cmpi_comm_size(handle, &size), "MPI_Comm_size")
        self.handle = handle
        self.isOwned = isOwned
        self.rank = Int(rank)
        self.size = Int(size)
    }

    convenience init(borrowing handle: CMPIComm) throws(MPIError) {
        try self.init(handle, isOwned: false)
    }

    deinit {
        guard isOwned, !MPIEnvironment.wasFinalized else { return }
        var owned = handle
        _ = cmpi_comm_free(&owned)
    }

    /// Makes a communicator of the same ranks whose messages are separate from this one's.
    /// Collective.
    public func duplicate() throws(MPIError) -> Communicator {
        var copy = cmpi_comm_null()
        let code = Watchdog.bounded("MPI_Comm_dup") { cmpi_comm_dup(handle, &copy) }
        try check(code, "MPI_Comm_dup")
        return try Communicator(copy, isOwned: true)
    }

    /// Divides the ranks: those with the same `color` (0 or more) form a communicator, ordered by
    /// `key`, then by rank here. A rank whose `color` is nil joins none and gets nil. Collective.
    public func split(color: Int?, key: Int = 0) throws(MPIError) -> Communicator? {
        precondition(color.map { $0 >= 0 } ?? true, "a color is 0 or more")
        var part = cmpi_comm_null()
        let code = Watchdog.bounded("MPI_Comm_split") {
            cmpi_comm_split(
                handle, color.map { Int32($0) } ?? cmpi_undefined(), Int32(key), &part)
        }
        try check(code, "MPI_Comm_split")
        return cmpi_comm_is_null(part) != 0 ? nil : try Communicator(part, isOwned: true)
    }

    /// Makes a communicator of the ranks on this rank's node, which can share memory, ordered by
    /// rank here. Its size is the number of ranks on the node. Collective.
    public func splitByNode() throws(MPIError) -> Communicator {
        var part = cmpi_comm_null()
        let code = Watchdog.bounded("MPI_Comm_split_type") {
            cmpi_comm_split_shared(handle, Int32(rank), &part)
        }
        try check(code, "MPI_Comm_split_type")
        return try Communicator(part, isOwned: true)
    }

    /// Largest tag of a message: at least 32767.
    public var largestTag: Int { Int(cmpi_tag_upper_bound(handle)) }

    /// Starts a nonblocking call and waits for its completion, yielding the core meanwhile.
    func complete(
        _ function: StaticString, _ start: (UnsafeMutablePointer<CMPIRequest>) -> Int32
    ) throws(MPIError) {
        var request = cmpi_request_null()
        try check(start(&request), function)
        var wait = YieldingWait(in: function)
        while true {
            var isDone: Int32 = 0
            try check(cmpi_test_ignoring_status(&request, &isDone), function)
            if isDone != 0 { return }
            wait.pause()
        }
    }
}

@available(*, unavailable) extension Communicator: Sendable {}

/// Narrows a count to MPI's 32 bits, or throws.
func narrow(_ count: Int, _ function: StaticString) throws(MPIError) -> Int32 {
    guard let narrowed = Int32(exactly: count) else {
        throw MPIError(
            code: cmpi_error_count(), function: "\(function)",
            message:
                "\(count) elements in one message; MPI counts to \(Int32.max): send it in parts")
    }
    return narrowed
}
