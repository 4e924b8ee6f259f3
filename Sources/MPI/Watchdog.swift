import Glibc
import OperatingSystem

/// Notices that a rank has stopped answering, and ends the job with its name.
///
/// Neither MPI nor its launchers notice a link that is cut, a host that hangs, or a process that is
/// stopped: the others wait for ever. So a rank that has waited in one call for the timeout asks all
/// others, by small messages of their own, where they are. Those that wait, too, answer at once,
/// because every wait looks for such questions (``YieldingWait``); those that do not answer within
/// the grace are the ones that are waited for. The lowest rank that waits says so, and ends the job.
/// Where one answers that it works, as it does inside of ``working(on:_:)``, they wait on.
///
/// No thread and no other channel is needed: `MPI_THREAD_FUNNELED` is enough. Time in which the
/// whole job was suspended does not count.
public final class Watchdog {
    /// Seconds of waiting in one call until a rank asks.
    private(set) var timeout: Double
    /// The work that this rank is at while others may wait for it; see ``working(on:_:)``.
    var work: StaticString?
    private let communicator: Communicator
    private let hosts: [String]
    private let onEnd: (_ report: String) -> Void

    private var inquiry: Inquiry?
    private var inquiries: UInt32 = 0
    /// Sent messages, kept in memory because a message to a rank that hangs may never complete.
    /// There is one for each question and answer, so hardly ever any.
    private var sent: [UnsafeBufferPointer<UInt8>] = []

    /// The questions that this rank has asked in the wait that it is in.
    private struct Inquiry {
        var number: UInt32
        var start: Double
        /// The places of the ranks that have answered.
        var places: [Int: String] = [:]
        /// Those of them that work.
        var working: Set<Int> = []
    }

    /// The watchdog of this process. Like MPI, it belongs to the main thread.
    nonisolated(unsafe) private(set) static var current: Watchdog?
    nonisolated(unsafe) private static var activity: (name: StaticString, number: Int?) = (
        "the start", nil
    )

    /// Statuses of sysexits(3): a rank is out of reach, or all wait for one another.
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

    /// Watches all waits of this process from now on; does nothing in a job of one rank.
    /// Collective.
    ///
    /// - Parameters:
    ///   - world: all ranks of the job.
    ///   - timeout: seconds; 0: never.
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

    /// Sets the timeout, in seconds; 0: never.
    public static func setTimeout(_ seconds: Double) { current?.timeout = seconds }

    /// Ends watching and gives the communicator back, before MPI ends.
    public static func stop() { current = nil }

    /// Notes what this rank is at, for the report: "step", 18.
    public static func note(_ name: StaticString, _ number: Int? = nil) {
        activity = (name, number)
    }

    /// Runs a call of the library that cannot be polled: the process ends if it takes longer than
    /// the timeout.
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
    /// The duration of one wait, in time in which this process ran.
    struct Watch {
        private var waited = 0.0
        private var lastLook: Double?

        /// A longer time between two looks was not spent here: the process was stopped.
        private static let longestLook = 1.0

        /// Looks after questions of others, and asks them where the wait has lasted too long.
        mutating func look(in function: StaticString) {
            guard let watchdog = Watchdog.current else { return }
            let now = MonotonicClock.seconds
            if let lastLook { waited += min(now - lastLook, Self.longestLook) }
            lastLook = now
            if watchdog.isAnswered(in: function, waited: waited) { waited = 0 }
        }
    }

    /// Time for an answer. Ranks that wait look every few hundredths of a second.
    private var grace: Double { min(max(timeout / 10, 1), 10) }

    /// Answers, asks and ends as far as it is time.
    ///
    /// - Returns: true where all others have answered and one of them works: the wait begins anew.
    private func isAnswered(in function: StaticString, waited: Double) -> Bool {
        guard timeout > 0 else { return false }
        // A failure here must not hide the wait: who cannot be asked does not answer.
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
            // A lower rank that waits reports; if it cannot be heard, this one does.
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
            // It is there, so this does not wait.
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
            // The request is let go at once; the buffer stays.
            _ = try communicator.isend(UnsafeBufferPointer(buffer), to: rank)
        } catch {
            // Who cannot be asked does not answer.
        }
    }

    private func end(_ inquiry: Inquiry, _ function: StaticString, waited: Double) -> Never {
        var places = inquiry.places
        places[communicator.rank] = "\(function), \(Self.place), for \(Int(waited)) s"
        let report = WaitReport(places: places, working: inquiry.working, hosts: hosts)
        onEnd(report.text)
        // Aborting outruns the launcher's passing on of what was just printed.
        usleep(500_000)
        let status = report.missing.isEmpty ? Self.deadlock : Self.unreachable
        // Ending the others takes their help, too.
        Alarm.set(seconds: 5, status: status, text: "")
        MPIEnvironment.abort(code: status)
    }

    /// A question, or an answer to one.
    private struct Message {
        /// A question, or the answer of a rank that waits or works.
        enum Kind: UInt8 { case question, waits, works }

        var kind: Kind
        /// The asker's number of the question.
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
