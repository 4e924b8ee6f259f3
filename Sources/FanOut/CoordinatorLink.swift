import Glibc
import MPI

/// How the leader of a group talks to the coordinator. What its methods throw is a
/// `CoordinatorError`: the end of the job.
protocol CoordinatorLink: AnyObject {
    /// Tells it something that wants no reply.
    func tell(_ message: Message) throws
    /// Asks it something.
    func ask(_ message: Message) throws -> Reply
    /// Whether it has said that the job stops.
    var isStopping: Bool { get }
    /// Called often, from the middle of other work: a good moment to serve others.
    func tick()
}

/// Tags of the messages between leaders and coordinator.
enum Tag {
    static let message = 1
    static let reply = 2
    static let stop = 3
}

/// The link of a leader on another rank.
final class RemoteLink: CoordinatorLink {
    private let communicator: Communicator
    private let clock: () -> Double
    private var hasStopped = false
    private var toldAt = -Double.infinity
    private var failure: (any Error)?

    /// Seconds without a message after which the coordinator is told that this group works, so that
    /// a rank that waits for it can tell long work from none.
    private static let silenceSeconds = 5.0

    /// `communicator` is that of all ranks, for these messages alone.
    init(_ communicator: Communicator, clock: @escaping () -> Double) {
        self.communicator = communicator
        self.clock = clock
    }

    func tell(_ message: Message) throws {
        try CoordinatorError.wrapping {
            if let failure { throw failure }
            toldAt = clock()
            try communicator.send(Wire.encode(message), to: 0, tag: Tag.message)
        }
    }

    func ask(_ message: Message) throws -> Reply {
        try tell(message)
        return try CoordinatorError.wrapping {
            try Wire.decode(communicator.receiveBytes(from: 0, tag: Tag.reply))
        }
    }

    func tick() {
        guard clock() - toldAt > Self.silenceSeconds else { return }
        do { try tell(.alive) } catch { failure = failure ?? error }
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
        var wait = YieldingWait(in: "a message of the coordinator")
        while true {
            if let status = try probe(UInt8.self, from: source, tag: tag) {
                var bytes = [UInt8](repeating: 0, count: status.count)
                try receive(&bytes, from: source, tag: tag)
                return bytes
            }
            wait.pause()
        }
    }
}
