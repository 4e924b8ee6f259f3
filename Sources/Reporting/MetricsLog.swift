public import DurableFiles

/// Appends events to metrics.jsonl, one JSON object a line, each handed to the system at once.
///
/// For one writer (rank 0). A line is there whole or not at all, except for a crash of the machine
/// in the middle of one, which the next opening repairs.
public final class MetricsLog {
    /// The usual name in a run directory.
    public static let name = "metrics.jsonl"
    /// The name of the file for lines that a resumption supersedes.
    public static let supersededName = "metrics.superseded.jsonl"

    private let file: AppendedFile

    /// Opens or creates the log in a run directory.
    ///
    /// - Parameters:
    ///   - directory: the run directory; it must exist.
    ///   - step: training resumes after this step (0: from the start): lines of later steps, which
    ///     will be made again, are appended to `metrics.superseded.jsonl` and taken out of
    ///     `metrics.jsonl`, which is replaced atomically. Lines that this program did not write
    ///     stay. A half last line, left by a crash, is dropped.
    ///   - samples: what had been seen at that step: tells skips before that state, whose step is
    ///     still to come, from those after it. Without it, the step decides for skips, too.
    /// - Throws: `FileError` when a file cannot be read or written.
    public init(
        directory: String, resumingAt step: Int, samples: Int? = nil
    ) throws(FileError) {
        let path = Paths.join(directory, MetricsLog.name)
        let superseded = Paths.join(directory, MetricsLog.supersededName)
        try MetricsRepair.repair(
            path, keepingThrough: step, samples: samples, moving: superseded)
        file = try AppendedFile(path)
    }

    /// Appends one event.
    public func append(_ event: MetricsEvent) throws(FileError) {
        try file.append(Array((event.line + "\n").utf8))
    }

    /// Waits until the storage has every line: before a checkpoint that says "resume here".
    public func sync() throws(FileError) { try file.sync() }

    /// The events at the end of a log, oldest first, as far as `byteCount` bytes reach back; lines
    /// that cannot be parsed are skipped. Empty where there is no log.
    ///
    /// - Throws: `FileError` where it cannot be read.
    public static func lastEvents(
        _ path: String, byteCount: Int = 1 << 18
    ) throws(FileError) -> [MetricsEvent] {
        guard try Paths.exists(path) else { return [] }
        let bytes = try MetricsRepair.end(of: path, byteCount: byteCount)
        return MetricsRepair.lines(bytes).complete.compactMap { try? MetricsEvent(line: $0) }
    }

    /// All evaluations of a log; lines that cannot be parsed are skipped. Empty where there
    /// is no log.
    ///
    /// - Throws: `FileError` where it cannot be read: scores decide which checkpoints stay.
    public static func evaluations(_ path: String) throws(FileError) -> [EvaluationRecord] {
        guard try Paths.exists(path) else { return [] }
        // Steps are thousands of lines to an evaluation's one: they are not even parsed.
        let start = Array("{\"event\":\"evaluation\"".utf8)
        var records: [EvaluationRecord] = []
        var reader = try LineReader(path)
        while let (line, isWhole) = try reader.nextLine() {
            guard isWhole, line.starts(with: start),
                case .evaluation(let record)? = try? MetricsEvent(line: line)
            else { continue }
            // One that was killed behind it and resumed may have made it again.
            records.removeAll { $0.step == record.step }
            records.append(record)
        }
        return records
    }

    /// Reads a log. Lines of other programs and a half last line are skipped.
    /// - Throws: `FileError` with the line's number where a line of ours cannot be understood.
    public static func read(_ path: String) throws(FileError) -> [MetricsEvent] {
        let bytes = try WholeFiles.read(path, maximumByteCount: MetricsRepair.maximumByteCount)
        var events: [MetricsEvent] = []
        for (index, line) in MetricsRepair.lines(bytes).complete.enumerated() {
            // A blank line is no event; only objects can be ours.
            guard line.first == UInt8(ascii: "{") else { continue }
            do {
                if let event = try MetricsEvent(line: line) { events.append(event) }
            } catch {
                throw FileError(
                    .badData, path,
                    "line \(index + 1) is not an event that this version writes (docs/metrics.md);"
                        + " correct or delete it")
            }
        }
        return events
    }
}
