public import MPI

/// The library's `MPI_Allreduce`, in the place of a ``RingCollective``: what the ring is tested and timed against.
///
/// It spins while it waits, and its order of summation is the library's own.
public struct ReferenceAllReduce {
    private let communicator: Communicator

    /// The library's collective over `communicator`.
    public init(over communicator: Communicator) {
        self.communicator = communicator
    }

    /// Replaces every element by the sum of all ranks' elements at its place. Collective.
    public func allReduce(_ buffer: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
        try communicator.libraryAllReduce(buffer, .sum)
    }
}

@available(*, unavailable) extension ReferenceAllReduce: Sendable {}
