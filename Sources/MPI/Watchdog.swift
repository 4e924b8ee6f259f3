import Glibc
import OperatingSystem

/// Detects a rank that has stopped answering, and ends the job with its name.
///
/// Neither MPI nor its launchers detect a cut link, a hung host, or a stopped process: the others
/// wait forever. So a rank that has waited in one call for the timeout asks all others, by small
/// messages of their own, what they are doing. Ranks that also wait answer at once, because every
/// wait polls for such questions (``YieldingWait``); those that do not answer within the grace
/// period are the missing ones. The lowest waiting rank reports them and ends the job. If a rank
/// answers that it is working, as it does inside ``working(on:_:)``, they keep waiting.
///
/// It needs no thread and no other channel: `MPI_THREAD_FUNNELED` is enough. Time in which the
/// whole job was suspended does not count.
public final class Watchdog {
    /// Seconds of waiting in one call before a rank asks.
    private(set) var timeout: Double
    /// Work of this rank that others may be waiting for; see ``working(on:_:)``.
    var work: StaticString?
    private let communicator: Communicator
    private let hosts: [String]
    private let onEnd: (_ report: String) -> Void

    private var inquiry: Inquiry?
    private var inquiries: UInt32 = 0
    /// Sent messages, kept in memory because a message to a hung rank may never complete. There is
    /// one per question and answer, so there are few.
    private var sent: [UnsafeBufferPointer<UInt8>] = []

    /// Questions that this rank has asked in its current wait.
    private struct Inquiry {
        var number: UInt32
        var start: Double
        /// Current operations of the ranks that have answered.
        var places: [Int: String] = [:]
        /// Those of them that are working.
        var working: Set<Int> = []
    }

    /// The watchdog of this process. Like MPI, it belongs to the main thread.
    nonisolated(unsafe) private(set) static var current: Watchdog?
    nonisolated(unsafe) private static var activity: (name: StaticString, number: Int?) = (
        "the start", nil
    )

    /// Statuses of sysexits(3): a rank is unreachable, or all ranks wait for one another.
    static let unreachable: Int32 = 74
    private static let deadlock: Int32 = 70

    private init(
        _ communicator: Communicator, hosts: [String], timeout: Double,
        onEnd: @escaping (String) -> Void
    ) {
        self.communicator = communicator
        self.hosts = hosts
        self.timeout = timeout
        self.onEnd = onEnd
    }

    /// Starts watching all waits of this process; does nothing in a job of one rank. Collective.
    ///
    /// - Parameters:
    ///   - world: all ranks of the job.
    ///   - timeout: seconds; 0 disables it.
    ///   - onEnd: receives the reason, on one rank, before the job is ended.
    public static func start(
        among world: Communicator, timeout: Double, onEnd: @escaping (_ report: String) -> Void
    ) throws(MPIError) {
        guard world.size > 1 else { return }
        let own = try world.duplicate()
        let hosts = try own.allGather(bytes: Array(MPIEnvironment.processorName.utf8))
        current = Watchdog(
            own, hosts: hosts.map { String(decoding: $0, as: UTF8.self) }, timeout: timeout,
            onEnd: onEnd)
    }

    /// Sets the timeout, in seconds; 0 disables it.
    public static func setTimeout(_ seconds: Double) { current?.timeout = seconds }

    /// Stops watching and releases the communicator, before MPI ends.
    public static func stop() { current = nil }

    /// Records this rank's current operation, for the report: "step", 18.
    public static func note(_ name: StaticString, _ number: Int? = nil) {
        activity = (name, number)
    }

    /// Runs a library call that cannot be polled; the process ends if it takes longer than the
    /// timeout.
    static func bounded(_ function: StaticString, _ body: () -> Int32) -> Int32 {
        guard let current, current.timeout > 0 else { return body() }
        let seconds = UInt32(min(current.timeout.rounded(.up), 1e9))
        let text =
            "rank \(current.communicator.rank) on \(MPIEnvironment.processorName): \(function), "
            + "\(place), has not returned for \(seconds) s (parallel.timeout)\n"
        Alarm.set(seconds: seconds, status: unreachable, text: text)
        defer { Alarm.clear() }
        return body()
    }

    /// "step 18".
    private static var place: String {
        activity.number.map { "\(activity.name) \($0)" } ?? "\(activity.name)"
    }
}

extension Watchdog {
    /// Duration of one wait, in time in which this process ran.
    struct Watch {
        private var waited = 0.0
        private var lastLook: Double?

        /// A longer time between two polls was not spent here: the process was stopped.
        private static let longestLook = 1.0

        /// Polls for questions of others, and asks them if the wait has lasted too long.
        mutating func look(in function: StaticString) {
            guard let watchdog = Watchdog.current else { return }
            let now = MonotonicClock.seconds
            if let lastLook { waited += min(now - lastLook, Self.longestLook) }
            lastLook = now
            if watchdog.isAnswered(in: function, waited: waited) { waited = 0 }
        }
    }

    /// Time for an answer. Waiting ranks poll every few hundredths of a second.
    private var grace: Double { min(max(timeout / 10, 1), 10) }

    /// Answers, asks and ends, as due.
    ///
    /// - Returns: true if all others have answered and one of them is working, so that the wait
    ///   restarts.
    private func isAnswered(in function: StaticString, waited: Double) -> Bool {
        guard timeout > 0 else { return false }
        // A failure here must not hide the wait: a rank that cannot be asked does not answer.
        try? readMessages(work.map { "\($0)" } ?? "\(function), \(Self.place)", waited: waited)
        guard work == nil else { return false }
        if let inquiry, waited >= inquiry.start {
            if !inquiry.working.isEmpty, inquiry.places.count == communicator.size - 1 {
                self.inquiry = nil
                return true
            }
            let isLowest = inquiry.places.keys.allSatisfy {
                $0 > communicator.rank || inquiry.working.contains($0)
            }
            // The lowest waiting rank reports; if its report fails, this rank does.
            if waited - inquiry.start >= (isLowest ? 1 : 3) * grace {
                end(inquiry, function, waited: waited)
            }
        } else if waited >= timeout {
            ask(waited: waited)
        } else {
            inquiry = nil
        }
        return false
    }

    private func ask(waited: Double) {
        inquiries &+= 1
        inquiry = Inquiry(number: inquiries, start: waited)
        for rank in 0..<communicator.size where rank != communicator.rank {
            send(Message(kind: .question, inquiry: inquiries, place: ""), to: rank)
        }
    }

    private func readMessages(_ place: String, waited: Double) throws(MPIError) {
        while let waiting = try communicator.probe(UInt8.self, from: nil) {
            var bytes = [UInt8](repeating: 0, count: waiting.count)
            // The message has arrived, so this does not wait.
            try communicator.receive(&bytes, from: waiting.source)
            guard let message = Message(bytes) else { continue }
            if message.kind == .question {
                let text = "\(place), for \(Int(waited)) s"
                send(
                    Message(
                        kind: work == nil ? .waits : .works, inquiry: message.inquiry, place: text),
                    to: waiting.source)
            } else if message.inquiry == inquiry?.number {
                inquiry?.places[waiting.source] = message.place
                if message.kind == .works { inquiry?.working.insert(waiting.source) }
            }
        }
    }

    private func send(_ message: Message, to rank: Int) {
        let bytes = message.bytes
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = buffer.initialize(from: bytes)
        sent.append(UnsafeBufferPointer(buffer))
        do {
            // The request is released at once; the buffer is kept.
            _ = try communicator.isend(UnsafeBufferPointer(buffer), to: rank)
        } catch {
            // A rank that cannot be asked does not answer.
        }
    }

    private func end(_ inquiry: Inquiry, _ function: StaticString, waited: Double) -> Never {
        var places = inquiry.places
        places[communicator.rank] = "\(function), \(Self.place), for \(Int(waited)) s"
        let report = WaitReport(places: places, working: inquiry.working, hosts: hosts)
        onEnd(report.text)
        // Without a pause, aborting would overtake the launcher's forwarding of the message just
        // printed.
        usleep(500_000)
        let status = report.missing.isEmpty ? Self.deadlock : Self.unreachable
        // Ending the others also needs their cooperation.
        Alarm.set(seconds: 5, status: status, text: "")
        MPIEnvironment.abort(code: status)
    }

    /// A question, or an answer to one.
    private struct Message {
        /// A question, or the answer of a rank that waits or works.
        enum Kind: UInt8 { case question, waits, works }

        var kind: Kind
        /// Number of the question, assigned by the asking rank.
        var inquiry: UInt32
        var place: String

        init(kind: Kind, inquiry: UInt32, place: String) {
            (self.kind, self.inquiry, self.place) = (kind, inquiry, place)
        }

        init?(_ bytes: [UInt8]) {
            guard bytes.count >= 5, let kind = Kind(rawValue: bytes[0]) else { return nil }
            self.kind = kind
            inquiry = bytes[1..<5].reduce(0) { $0 << 8 | UInt32($1) }
            place = String(decoding: bytes[5...], as: UTF8.self)
        }

        var bytes: [UInt8] {
            [kind.rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: inquiry >> (24 - 8 * $0)) }
                + Array(place.utf8)
        }
    }
}

@available(*, unavailable) extension Watchdog: Sendable {}
