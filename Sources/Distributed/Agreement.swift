public import ExitCoding
public import MPI

/// Decisions that all ranks must take alike: to stop, to save, to skip a step, to abort.
///
/// A decision that one rank takes alone leaves the others waiting in the next collective. Each call
/// is collective, and its result is the same on all ranks.
public struct Agreement {
    private let communicator: Communicator

    /// Failure that all ranks know of.
    public struct Failure: ExitCoded, Equatable, CustomStringConvertible {
        /// Lowest rank that failed.
        public let rank: Int
        /// Message of that rank.
        public let message: String
        /// Exit status requested by that rank.
        public let exitCode: Int32
        /// Number of ranks that failed.
        public let failedRanks: Int

        /// Message with its rank and the number of other failed ranks.
        public var description: String {
            let others = failedRanks - 1
            let more = others == 0 ? "" : " (and \(counted(others, "more rank")))"
            return "rank \(rank): \(message)\(more)"
        }
    }

    /// Creates agreement among the ranks of `communicator`.
    public init(among communicator: Communicator) {
        self.communicator = communicator
    }

    /// Whether `condition` holds on any rank.
    public func anyTrue(_ condition: Bool) throws(MPIError) -> Bool {
        try communicator.allReduce(Int64(condition ? 1 : 0), .bitwiseOr) != 0
    }

    /// Computes the sums over all ranks, element by element. Integers wrap around on overflow, as
    /// in C.
    public func sum(_ values: [Int64]) throws(MPIError) -> [Int64] {
        var sums = values
        try communicator.allReduce(&sums, .sum)
        return sums
    }

    /// Replaces the numbers at `places` by their sums over all ranks; the rest of `numbers` is
    /// unchanged.
    public func sum<Numbers>(
        _ numbers: Numbers, _ places: [WritableKeyPath<Numbers, Int64>]
    ) throws(MPIError) -> Numbers {
        var result = numbers
        for (place, sum) in zip(places, try sum(places.map { numbers[keyPath: $0] })) {
            result[keyPath: place] = sum
        }
        return result
    }

    /// Computes the sums over all ranks, element by element, correctly rounded. The ranks' values
    /// are added without error and rounded once, so the result depends neither on the order of the
    /// ranks nor on the library's algorithm.
    public func sum(_ values: [Double]) throws(MPIError) -> [Double] {
        let all = try communicator.allGather(values)
        return values.indices.map { index in
            exactSum(stride(from: index, to: all.count, by: values.count).lazy.map { all[$0] })
        }
    }

    /// Returns the failure of the lowest rank that has a message, or nil if none has; `exitCode` is
    /// the status that goes with this rank's message.
    ///
    /// Each rank catches its own error and calls this with its text (nil on success); all ranks
    /// throw the result.
    public func firstFailure(
        _ message: String?, exitCode: Int32 = ExitStatus.bug
    ) throws(MPIError) -> Failure? {
        // The usual case, no failure, costs one small reduction.
        guard try anyTrue(message != nil) else { return nil }
        // The first byte, the exit status, distinguishes "no failure" from an empty message.
        let status = UInt8(truncatingIfNeeded: exitCode)
        let mine: [UInt8] = message.map { [status] + Array($0.utf8) } ?? []
        let failures = try communicator.allGather(bytes: mine).enumerated().filter {
            !$0.element.isEmpty
        }
        return failures.first.map { first in
            Failure(
                rank: first.offset,
                message: String(decoding: first.element.dropFirst(), as: UTF8.self),
                exitCode: Int32(first.element[0]),
                failedRanks: failures.count)
        }
    }

    /// Runs `body` on this rank. If it fails on any rank, all ranks throw the failure of the lowest
    /// one, with the exit status of that rank's error.
    public func throwingTogether<Result>(_ body: () throws -> Result) throws -> Result {
        let outcome = Swift.Result { try body() }
        var message: String?
        var status = ExitStatus.bug
        if case .failure(let error) = outcome {
            message = "\(error)"
            status = ExitStatus.of(error)
        }
        if let failure = try firstFailure(message, exitCode: status) { throw failure }
        return try outcome.get()
    }
}

@available(*, unavailable) extension Agreement: Sendable {}
