public import MPI
import OperatingSystem

/// Asks all ranks, now and then in the middle of long work, whether any of them was asked to stop,
/// and looks after the work that goes on beside it.
///
/// All ranks call ``check()`` equally often, at places where they can break off together. Not every
/// call talks to the others: an agreement makes ranks wait for one another, so there is at most
/// about one in 50 ms, by rank 0's clock. Which calls are agreements is itself agreed on.
public final class StopPoll {
    private let agreement: Agreement
    private let isCoordinator: Bool
    private let background: (any BackgroundWork)?
    private let isStopRequested: () -> Bool
    /// Calls from one agreement to the next.
    private var stride = 1
    private var callsLeft = 1
    private var lastTime: Double?

    private static let seconds = 0.05
    private static let longestStride = 1 << 16

    /// A poll among the ranks of `communicator`; `isStopRequested` says if this rank was asked to stop,
    /// `background` is taken to its next stage whenever no rank is busy with it.
    public init(
        among communicator: Communicator, background: (any BackgroundWork)? = nil,
        isStopRequested: @escaping () -> Bool
    ) {
        agreement = Agreement(among: communicator)
        isCoordinator = communicator.rank == 0
        self.background = background
        self.isStopRequested = isStopRequested
    }

    /// Whether any rank was asked to stop: the same answer on all. Collective.
    ///
    /// - Throws: `MPIError`, and what the background work throws.
    public func check() throws -> Bool {
        callsLeft -= 1
        if callsLeft > 0 { return false }
        let sums = try agreement.sum([
            isStopRequestedLocally ? 1 : 0, isCoordinator ? Int64(nextStride()) : 0,
            isBusyLocally ? 1 : 0,
        ])
        stride = Int(sums[1])
        callsLeft = stride
        try advanceStage(busy: sums[2])
        return sums[0] > 0
    }

    /// Whether this rank was asked to stop. Not collective.
    public var isStopRequestedLocally: Bool { isStopRequested() }

    /// Whether this rank is busy with the background work. Not collective.
    public var isBusyLocally: Bool { background?.isBusyLocally ?? false }

    /// Takes the background work to its next stage if `busy`, the number of ranks that were
    /// ``isBusyLocally``, is 0: for those that agree on that together with other things. Collective.
    public func advanceStage(busy: Int64) throws {
        if busy == 0 { try background?.advanceStage() }
    }

    /// As many calls as fit into the interval at the speed of the last ones; at most twice as many
    /// as before, since a pause between two pieces of work says little.
    private func nextStride() -> Int {
        let now = MonotonicClock.seconds
        defer { lastTime = now }
        guard let lastTime, now > lastTime else { return stride }
        let fitting = Self.seconds * Double(stride) / (now - lastTime)
        return min(max(1, Int(min(fitting, 1e6))), 2 * stride, Self.longestStride)
    }
}

@available(*, unavailable) extension StopPoll: Sendable {}
