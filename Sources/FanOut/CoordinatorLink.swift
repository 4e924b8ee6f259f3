import Glibc
import MPI

/// Connection of a group's leader to the coordinator. Its methods throw `CoordinatorError`, which
/// ends the job.
protocol CoordinatorLink: AnyObject {
    /// Sends a message that wants no reply.
    func tell(_ message: Message) throws
    /// Sends a message and waits for the reply.
    func ask(_ message: Message) throws -> Reply
    /// Whether the coordinator has announced that the job stops.
    var isStopping: Bool { get }
    /// Called frequently during other work, so that other leaders can be served.
    func tick()
}

/// Tags of the messages between leaders and the coordinator.
enum Tag {
    static let message = 1
    static let reply = 2
    static let stop = 3
}

/// Link of a leader on another rank.
final class RemoteLink: CoordinatorLink {
    private let communicator: Communicator
    private let clock: () -> Double
    private var hasStopped = false
    private var toldAt = -Double.infinity
    private var failure: (any Error)?

    /// Seconds without a message after which the leader tells the coordinator that its group is
    /// working, so that a rank that waits for the group can distinguish long work from none.
    private static let silenceSeconds = 5.0

    /// Makes a link over `communicator`, which contains all ranks and is used for these messages
    /// only.
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
        // A broken link is reported by the next message.
        if !hasStopped,
            (try? communicator.probe(UInt8.self, from: 0, tag: Tag.stop)) != nil,
            (try? communicator.receiveBytes(from: 0, tag: Tag.stop)) != nil
        {
            hasStopped = true
        }
        return hasStopped
    }

    /// Receives the stop message if one is in flight, because none may be left when MPI is
    /// finalized.
    func drain(isSent: Bool) throws {
        if isSent && !isStopping { _ = try communicator.receiveBytes(from: 0, tag: Tag.stop) }
    }
}

extension Communicator {
    /// Waits for the next message and returns its bytes.
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
