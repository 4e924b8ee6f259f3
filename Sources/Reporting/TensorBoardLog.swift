public import DurableFiles
import Glibc

/// Writes scalars for TensorBoard: a file of TFRecords, each an `Event` message of
/// tensorflow/core/util/event.proto, in the directory given to `tensorboard --logdir`.
public final class TensorBoardLog {
    private let file: AppendedFile
    private let now: () -> Double

    /// Starts a new event file in a directory; TensorBoard joins it to those of earlier attempts.
    ///
    /// - Parameters:
    ///   - directory: the run directory; it must exist.
    ///   - step: step after which training resumes (0: from the start); TensorBoard then hides
    ///     later steps of earlier files.
    ///   - now: seconds since 1970.
    public init(
        directory: String, resumingAt step: Int,
        now: @escaping () -> Double = TensorBoardLog.secondsSince1970
    ) throws(FileError) {
        let name = "events.out.tfevents.\(Int(now())).\(TensorBoardLog.host()).\(getpid())"
        file = try AppendedFile(Paths.join(directory, name))
        self.now = now
        try write(step: 0) { $0.string(Field.fileVersion, "brain.Event:2") }
        guard step > 0 else { return }
        // A session start makes TensorBoard discard this and later steps.
        try write(step: step + 1) {
            $0.message(Field.sessionLog) { $0.integer(Field.status, Field.statusStart) }
        }
    }

    /// Plots the numbers of a step (tags `train/KEY`) or of an evaluation (`evaluation/KEY`). Other
    /// events have no numbers to plot.
    public func append(_ event: MetricsEvent) throws(FileError) {
        switch event {
        case .step(let record): try plot("train", record.step, record.members)
        case .evaluation(let record): try plot("evaluation", record.step, record.members)
        case .skip, .checkpoint, .resume, .preempt: break
        }
    }

    /// Seconds since 1970 by the system's clock.
    public static func secondsSince1970() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Field numbers of the messages Event, SessionLog, Summary and Summary.Value.
    private enum Field {
        static let wallTime = 1
        static let step = 2
        static let fileVersion = 3
        static let summary = 5
        static let sessionLog = 7
        static let status = 1
        static let statusStart = 1
        static let value = 1
        static let tag = 1
        static let simpleValue = 2
    }

    private func plot(
        _ group: String, _ step: Int, _ members: [JSONValue.Member]
    ) throws(FileError) {
        try write(step: step) { event in
            event.message(Field.summary) { summary in
                for member in members where member.key != "step" {
                    guard let number = member.value.plotted else { continue }
                    summary.message(Field.value) {
                        $0.string(Field.tag, "\(group)/\(member.key)")
                        $0.float(Field.simpleValue, number)
                    }
                }
            }
        }
    }

    /// One TFRecord: length, its checksum, the message, its checksum.
    private func write(
        step: Int, _ fill: (inout ProtocolBuffer) -> Void
    ) throws(FileError) {
        var event = ProtocolBuffer()
        event.double(Field.wallTime, now())
        event.integer(Field.step, step)
        fill(&event)
        var length = ProtocolBuffer()
        length.fixed(UInt64(event.bytes.count))
        var record = length
        record.fixed(CRC32C.masked(length.bytes))
        record.raw(event.bytes)
        record.fixed(CRC32C.masked(event.bytes))
        try file.append(record.bytes)
    }

    private static func host() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, 255) == 0 else { return "unknown" }
        let bytes = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        let text = String(decoding: bytes, as: UTF8.self)
        return text.isEmpty ? "unknown" : String(text.map { $0 == "/" ? "_" : $0 })
    }
}

extension JSONValue {
    /// The number as TensorBoard stores it; nil for texts.
    fileprivate var plotted: Float? {
        switch self {
        case .integer(let value): Float(value)
        case .number(let value): Float(value)
        default: nil
        }
    }
}
