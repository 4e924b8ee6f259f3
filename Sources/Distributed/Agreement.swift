public import ExitCoding
public import MPI

/// Decisions that all ranks must take alike: to stop, to save, to skip a step, to give up.
///
/// A decision that one rank takes alone leaves the others waiting in the next collective. Each call is collective, and
/// its result is the same on all ranks.
public struct Agreement {
    private let communicator: Communicator

    /// A failure that all ranks know of.
    public struct Failure: ExitCoded, Equatable, CustomStringConvertible {
        /// The lowest rank that failed.
        public let rank: Int
        /// What that rank said.
        public let message: String
        /// The exit status that it asks for.
        public let exitCode: Int32
        /// The number of ranks that failed.
        public let failedRanks: Int

        /// The message with its rank, and how many other ranks failed too.
        public var description: String {
            let others = failedRanks - 1
            let more = others == 0 ? "" : " (and \(counted(others, "more rank")))"
            return "rank \(rank): \(message)\(more)"
        }
    }

    /// Agreement among the ranks of `communicator`.
    public init(among communicator: Communicator) {
        self.communicator = communicator
    }

    /// Whether `condition` holds on any rank.
    public func anyTrue(_ condition: Bool) throws(MPIError) -> Bool {
        try communicator.allReduce(Int64(condition ? 1 : 0), .bitwiseOr) != 0
    }

    /// The sums over all ranks, one for each element. Integers wrap around on overflow, as C's do.
    public func sum(_ values: [Int64]) throws(MPIError) -> [Int64] {
        var sums = values
        try communicator.allReduce(&sums, .sum)
        return sums
    }

    /// The sums over all ranks of the numbers at `places`; the rest of `numbers` stays.
    public func sum<Numbers>(
        _ numbers: Numbers, _ places: [WritableKeyPath<Numbers, Int64>]
    ) throws(MPIError) -> Numbers {
        var result = numbers
        for (place, sum) in zip(places, try sum(places.map { numbers[keyPath: $0] })) {
            result[keyPath: place] = sum
        }
        return result
    }

    /// The sums over all ranks, one for each element, correctly rounded: the ranks' values are added without error and
    /// rounded once, so neither the order of the ranks nor the library's algorithm shows in the result.
    public func sum(_ values: [Double]) throws(MPIError) -> [Double] {
        let all = try communicator.allGather(values)
        return values.indices.map { index in
            exactSum(stride(from: index, to: all.count, by: values.count).lazy.map { all[$0] })
        }
    }

    /// The failure of the lowest rank that has a message, or nil if none has; `exitCode` is the
    /// status that goes with this rank's message.
    ///
    /// Ranks catch their own error, call this with its text (nil where all went well), and all throw what it returns.
    public func firstFailure(
        _ message: String?, exitCode: Int32 = ExitStatus.bug
    ) throws(MPIError) -> Failure? {
        // The usual case, no failure, costs one small reduction.
        guard try anyTrue(message != nil) else { return nil }
        // A first byte, the exit status, tells "no failure" from an empty message.
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

    /// Runs `body` on this rank. If it fails on any rank, all throw the failure of the lowest one,
    /// with the exit status of that rank's error.
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
