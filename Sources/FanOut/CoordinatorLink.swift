import Glibc
import MPI

/// How the leader of a group talks to the coordinator.
protocol CoordinatorLink: AnyObject {
    /// Tells it something that wants no reply.
    func tell(_ message: Message) throws
    /// Asks it something.
    func ask(_ message: Message) throws -> Reply
    /// Whether it has said that the job stops.
    var isStopping: Bool { get }
}

/// Tags of the messages between leaders and coordinator.
private enum Tag {
    static let message = 1
    static let reply = 2
    static let stop = 3
}

/// The link of a leader on another rank.
final class RemoteLink: CoordinatorLink {
    private let communicator: Communicator
    private var hasStopped = false

    /// `communicator` is that of all ranks, for these messages alone.
    init(_ communicator: Communicator) { self.communicator = communicator }

    func tell(_ message: Message) throws {
        try communicator.send(Wire.encode(message), to: 0, tag: Tag.message)
    }

    func ask(_ message: Message) throws -> Reply {
        try tell(message)
        return try Wire.decode(communicator.receiveBytes(from: 0, tag: Tag.reply))
    }

    var isStopping: Bool {
        // A link that fails shows at the next message.
        if !hasStopped,
            (try? communicator.probe(UInt8.self, from: 0, tag: Tag.stop)) != nil,
            (try? communicator.receiveBytes(from: 0, tag: Tag.stop)) != nil
        {
            hasStopped = true
        }
        return hasStopped
    }

    /// Takes the message that the job stops, if one is under way: none may be left when MPI ends.
    func drain(isSent: Bool) throws {
        if isSent && !isStopping { _ = try communicator.receiveBytes(from: 0, tag: Tag.stop) }
    }
}

extension Communicator {
    /// The bytes of the next message; waits for it.
    fileprivate func receiveBytes(from source: Int, tag: Int) throws -> [UInt8] {
        var microseconds = 50
        while true {
            if let status = try probe(UInt8.self, from: source, tag: tag) {
                var bytes = [UInt8](repeating: 0, count: status.count)
                try receive(&bytes, from: source, tag: tag)
                return bytes
            }
            usleep(UInt32(microseconds))
            microseconds = min(2 * microseconds, 2000)
        }
    }
}

/// The coordinator's side, and the link of its own group.
final class CoordinatorServer: CoordinatorLink {
    private let communicator: Communicator
    private let coordinator: Coordinator
    /// The first ranks of the groups.
    private let leaders: [Int]
    private let clock: () -> Double
    private var polledAt = -Double.infinity
    /// The groups whose leaders were told that the job stops.
    private var told: Set<Int> = []
    private var failure: (any Error)?

    private static let pollSeconds = 0.005

    init(
        _ coordinator: Coordinator, leaders: [Int], communicator: Communicator,
        clock: @escaping () -> Double
    ) {
        self.coordinator = coordinator
        self.leaders = leaders
        self.communicator = communicator
        self.clock = clock
    }

    var isStopping: Bool { coordinator.isStopping }

    /// Whether all groups were told to leave.
    var isOver: Bool { coordinator.left.count == leaders.count }

    func tell(_ message: Message) throws {
        _ = try coordinator.take(message, from: 0)
        try spreadStop()
    }

    func ask(_ message: Message) throws -> Reply {
        try rethrow()
        let reply = try coordinator.take(message, from: 0)
        try spreadStop()
        return reply ?? .wait
    }

    /// Serves the other leaders, now and then, from the middle of other work; what goes wrong is
    /// thrown by the next call that may.
    func tick() {
        let now = clock()
        guard now - polledAt > Self.pollSeconds else { return }
        polledAt = now
        do { try serve() } catch { failure = failure ?? error }
    }

    /// Serves all messages that have come.
    func serve() throws {
        try rethrow()
        while let status = try communicator.probe(UInt8.self, from: nil, tag: Tag.message) {
            var bytes = [UInt8](repeating: 0, count: status.count)
            try communicator.receive(&bytes, from: status.source, tag: Tag.message)
            guard let group = leaders.firstIndex(of: status.source) else {
                preconditionFailure("a message of a rank that leads no group")
            }
            let message: Message = try Wire.decode(bytes)
            let reply = try coordinator.take(message, from: group)
            try spreadStop()
            if message.wantsReply {
                let isLast = coordinator.left.contains(group)
                try communicator.send(
                    Wire.encode(
                        isLast ? .leave(stopSent: told.contains(group)) : reply ?? .wait),
                    to: status.source, tag: Tag.reply)
            }
        }
        coordinator.refresh()
    }

    /// Tells the other leaders that work that the job stops, each once.
    private func spreadStop() throws {
        guard coordinator.isStopping else { return }
        for (group, leader) in leaders.enumerated().dropFirst()
        where !coordinator.left.contains(group) && told.insert(group).inserted {
            try communicator.send([UInt8(1)], to: leader, tag: Tag.stop)
        }
    }

    private func rethrow() throws {
        if let failure { throw failure }
    }
}
