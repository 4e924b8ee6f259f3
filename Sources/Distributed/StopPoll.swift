public import MPI
import OperatingSystem

/// Polls all ranks for stop requests in the middle of long work, and advances background work.
///
/// All ranks call ``check()`` equally often, at points where they can stop together. Not every call
/// communicates: an agreement makes ranks wait for one another, so there is at most about one in 50
/// ms, by rank 0's clock. The ranks also agree on which calls are agreements.
public final class StopPoll {
    private let agreement: Agreement
    private let isCoordinator: Bool
    private let background: (any BackgroundWork)?
    private let isStopRequested: () -> Bool
    /// Number of calls from one agreement to the next.
    private var stride = 1
    private var callsLeft = 1
    private var lastTime: Double?

    private static let seconds = 0.05
    private static let longestStride = 1 << 16

    /// Creates a poll among the ranks of `communicator`. `isStopRequested` tells if this rank was
    /// asked to stop; `background` advances to its next stage whenever no rank is busy with it.
    public init(
        among communicator: Communicator, background: (any BackgroundWork)? = nil,
        isStopRequested: @escaping () -> Bool
    ) {
        agreement = Agreement(among: communicator)
        isCoordinator = communicator.rank == 0
        self.background = background
        self.isStopRequested = isStopRequested
    }

    /// Whether any rank was asked to stop: the same result on all ranks. Collective.
    ///
    /// - Throws: `MPIError`, and any error of the background work.
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

    /// Advances the background work to its next stage if `busy`, the number of ranks that were
    /// ``isBusyLocally``, is 0. For callers that agree on that number together with others.
    /// Collective.
    public func advanceStage(busy: Int64) throws {
        if busy == 0 { try background?.advanceStage() }
    }

    /// Returns the number of calls that fit into the interval at the speed of the last ones; at
    /// most twice the previous number, since a pause between two pieces of work says little.
    private func nextStride() -> Int {
        let now = MonotonicClock.seconds
        defer { lastTime = now }
        guard let lastTime, now > lastTime else { return stride }
        let fitting = Self.seconds * Double(stride) / (now - lastTime)
        return min(max(1, Int(min(fitting, 1e6))), 2 * stride, Self.longestStride)
    }
}

@available(*, unavailable) extension StopPoll: Sendable {}
