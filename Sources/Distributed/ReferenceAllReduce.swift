public import MPI

/// The library's `MPI_Allreduce` in place of a ``RingCollective``: the reference for the ring's
/// tests and timings.
///
/// It spins while it waits, and its order of summation is the library's own.
public struct ReferenceAllReduce {
    private let communicator: Communicator

    /// Creates the library's collective over `communicator`.
    public init(over communicator: Communicator) {
        self.communicator = communicator
    }

    /// Replaces every element by the sum of the corresponding elements of all ranks. Collective.
    public func allReduce(_ buffer: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
        try communicator.libraryAllReduce(buffer, .sum)
    }
}

@available(*, unavailable) extension ReferenceAllReduce: Sendable {}
