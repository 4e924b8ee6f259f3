import MPI

/// Coordinator's side of the links, and the link of its own group.
final class CoordinatorServer: CoordinatorLink {
    private let communicator: Communicator
    private let coordinator: Coordinator
    /// First rank of each group.
    private let leaders: [Int]
    private let clock: () -> Double
    private var polledAt = -Double.infinity
    /// Groups whose leaders were told that the job stops.
    private var told: Set<Int> = []
    /// Error that ended the coordinator, which then serves nobody.
    private var failure: (any Error)?
    /// Message that the job stops. It stays in memory because the sends may be in flight for long.
    private let stopMessage: UnsafeBufferPointer<UInt8>

    private static let pollSeconds = 0.005

    init(
        _ coordinator: Coordinator, leaders: [Int], communicator: Communicator,
        clock: @escaping () -> Double
    ) {
        self.coordinator = coordinator
        self.leaders = leaders
        self.communicator = communicator
        self.clock = clock
        let byte = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1)
        byte.initialize(repeating: 1)
        stopMessage = UnsafeBufferPointer(byte)
    }

    var isStopping: Bool { coordinator.isStopping }

    /// Whether all groups were told to leave.
    var isOver: Bool { coordinator.left.count == leaders.count }

    func tell(_ message: Message) throws { _ = try take(message, from: 0) }

    func ask(_ message: Message) throws -> Reply { try take(message, from: 0) ?? .wait }

    /// Serves the other leaders; an error is thrown by the next call that can throw.
    func tick() {
        let now = clock()
        guard failure == nil, now - polledAt > Self.pollSeconds else { return }
        polledAt = now
        // The failure is stored.
        _ = try? serve()
    }

    /// Serves all messages that have arrived.
    ///
    /// - Returns: whether there was at least one.
    @discardableResult
    func serve() throws -> Bool {
        var hasServed = false
        while let status = try probe() {
            hasServed = true
            guard let group = leaders.firstIndex(of: status.source) else {
                preconditionFailure("a message of a rank that leads no group")
            }
            let message = try receive(status)
            let reply = try take(message, from: group)
            if message.wantsReply { try send(reply ?? .wait, to: group) }
        }
        coordinator.refresh()
        return hasServed
    }

    private func probe() throws -> MessageStatus? {
        try guarded { try communicator.probe(UInt8.self, from: nil, tag: Tag.message) }
    }

    private func receive(_ status: MessageStatus) throws -> Message {
        try guarded {
            var bytes = [UInt8](repeating: 0, count: status.count)
            try communicator.receive(&bytes, from: status.source, tag: Tag.message)
            return try Wire.decode(bytes)
        }
    }

    private func take(_ message: Message, from group: Int) throws -> Reply? {
        try guarded {
            let reply = try coordinator.take(message, from: group)
            try spreadStop()
            return reply
        }
    }

    private func send(_ reply: Reply, to group: Int) throws {
        try guarded {
            let isLast = coordinator.left.contains(group)
            try communicator.send(
                Wire.encode(isLast ? .leave(stopSent: told.contains(group)) : reply),
                to: leaders[group], tag: Tag.reply)
        }
    }

    /// Tells the other working leaders, once each, that the job stops. The sends are not waited
    /// for, because the receivers may be waiting for this rank to receive from them.
    private func spreadStop() throws {
        guard coordinator.isStopping else { return }
        for (group, leader) in leaders.enumerated().dropFirst()
        where !coordinator.left.contains(group) && told.insert(group).inserted {
            _ = try communicator.isend(stopMessage, to: leader, tag: Tag.stop)
        }
    }

    /// Runs a step, unless an earlier one failed, because a coordinator in an inconsistent state
    /// must not deal trials.
    private func guarded<Result>(_ body: () throws -> Result) throws -> Result {
        try CoordinatorError.wrapping {
            if let failure { throw failure }
            do {
                return try body()
            } catch {
                failure = error
                throw error
            }
        }
    }
}
