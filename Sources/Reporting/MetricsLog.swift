public import DurableFiles

/// Appends events to metrics.jsonl, one JSON object per line, each written unbuffered.
///
/// For one writer (rank 0). Lines are atomic, unless the machine crashes while writing one, which
/// the next opening repairs.
public final class MetricsLog {
    /// Default name in a run directory.
    public static let name = "metrics.jsonl"
    /// Name of the file for lines superseded by a resumption.
    public static let supersededName = "metrics.superseded.jsonl"

    private let file: AppendedFile

    /// Opens or creates the log in a run directory.
    ///
    /// - Parameters:
    ///   - directory: the run directory; it must exist.
    ///   - step: step after which training resumes (0: from the start). Lines of later steps, which
    ///     will be run again, are appended to `metrics.superseded.jsonl` and removed from
    ///     `metrics.jsonl`, which is replaced atomically. Lines that this program did not write are
    ///     kept. An incomplete last line, left by a crash, is dropped.
    ///   - samples: sequences seen at that step. They distinguish skips before that state, whose
    ///     step is still to come, from those after it. If nil, the step also decides for skips.
    /// - Throws: `FileError` if a file cannot be read or written.
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

    /// Waits until every line is on storage; called before a checkpoint that allows resuming here.
    public func sync() throws(FileError) { try file.sync() }

    /// The last events of a log, oldest first, within its last `byteCount` bytes; lines that cannot
    /// be parsed are skipped. Empty if there is no log.
    ///
    /// - Throws: `FileError` if it cannot be read.
    public static func lastEvents(
        _ path: String, byteCount: Int = 1 << 18
    ) throws(FileError) -> [MetricsEvent] {
        guard try Paths.exists(path) else { return [] }
        let bytes = try MetricsRepair.end(of: path, byteCount: byteCount)
        return MetricsRepair.lines(bytes).complete.compactMap { try? MetricsEvent(line: $0) }
    }

    /// All evaluations of a log; lines that cannot be parsed are skipped. Empty if there is no log.
    ///
    /// - Throws: `FileError` if it cannot be read, because scores determine which checkpoints are
    ///   retained.
    public static func evaluations(_ path: String) throws(FileError) -> [EvaluationRecord] {
        guard try Paths.exists(path) else { return [] }
        // There are thousands of step lines per evaluation, so they are not parsed.
        let start = Array("{\"event\":\"evaluation\"".utf8)
        var records: [EvaluationRecord] = []
        var reader = try LineReader(path)
        while let (line, isWhole) = try reader.nextLine() {
            guard isWhole, line.starts(with: start),
                case .evaluation(let record)? = try? MetricsEvent(line: line)
            else { continue }
            // A run that was killed after it and resumed may have repeated it.
            records.removeAll { $0.step == record.step }
            records.append(record)
        }
        return records
    }

    /// Reads a log. Lines of other programs and an incomplete last line are skipped.
    /// - Throws: `FileError` with the line's number if one of our lines cannot be parsed.
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
