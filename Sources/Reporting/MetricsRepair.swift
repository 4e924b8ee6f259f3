import DurableFiles
import FoundationEssentials

/// Prepares an earlier attempt's log for resuming from a step.
enum MetricsRepair {
    /// 4 GiB are about ten million steps; a larger file is not a log.
    static let maximumByteCount = 1 << 32

    /// Moves the lines of steps after `step`, and of batches skipped after the first `samples`
    /// samples, to the end of another file.
    static func repair(
        _ path: String, keepingThrough step: Int, samples: Int?, moving supersededPath: String
    ) throws(FileError) {
        guard try Paths.kind(of: path) != .missing else { return }
        guard let change = try firstChange(path, step, samples) else { return }
        var reader = try LineReader(path, from: change)
        var kept: [UInt8] = []
        var superseded = SupersededLines(supersededPath)
        while let (line, isWhole) = try reader.nextLine() {
            if isLater(line, than: step, samples: samples) {
                try superseded.append(line)
            } else if isWhole || isObject(line) {
                kept += line + [newline]
            }
        }
        // Written there first, then removed here, so that a crash in between duplicates lines but
        // loses none.
        try superseded.close()
        if kept.isEmpty {
            try AppendedFile(path).cut(to: change)
        } else {
            // Lines of others between ours, or a last line that an editor left unterminated.
            let bytes = try WholeFiles.read(path, maximumByteCount: maximumByteCount)
            try WholeFiles.writeAtomically(path, Array(bytes[..<change]) + kept)
        }
    }

    /// Start of the first line that must change; nil if none must.
    private static func firstChange(
        _ path: String, _ step: Int, _ samples: Int?
    ) throws(FileError) -> Int? {
        var reader = try LineReader(path)
        while true {
            let offset = reader.offset
            guard let (line, isWhole) = try reader.nextLine() else { return nil }
            if !isWhole || isLater(line, than: step, samples: samples) { return offset }
        }
    }

    /// Lines being moved to the end of another file, which is created for the first.
    private struct SupersededLines {
        private let path: String
        private var file: AppendedFile?
        private var bytes: [UInt8] = []

        init(_ path: String) { self.path = path }

        mutating func append(_ line: ArraySlice<UInt8>) throws(FileError) {
            bytes += line + [newline]
            if bytes.count >= 1 << 20 { try flush() }
        }

        mutating func close() throws(FileError) {
            try flush()
            try file?.sync()
        }

        private mutating func flush() throws(FileError) {
            guard !bytes.isEmpty else { return }
            if file == nil { file = try AppendedFile(path) }
            try file?.append(bytes)
            bytes.removeAll()
        }
    }

    /// Whether a line is about something after a state. A skip belongs to a step that was not done
    /// then; its samples tell whether the state is past it.
    private static func isLater(
        _ line: ArraySlice<UInt8>, than step: Int, samples: Int?
    ) -> Bool {
        guard let found = ownStep(line) else { return false }
        if let samples, case .skip(let record) = try? MetricsEvent(line: line) {
            return record.samples > samples
        }
        return found > step
    }

    /// Last bytes of a file, or all if there are fewer.
    static func end(of path: String, byteCount: Int) throws(FileError) -> [UInt8] {
        let file = try RandomAccessFile.open(path)
        let size = try file.byteCount()
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(size, byteCount), alignment: 16)
        defer { buffer.deallocate() }
        try file.read(buffer, at: size - buffer.count)
        return Array(buffer)
    }

    private static let newline = UInt8(ascii: "\n")

    /// The lines without terminators, and the remainder after the last terminator.
    static func lines(
        _ bytes: [UInt8]
    ) -> (complete: [ArraySlice<UInt8>], rest: ArraySlice<UInt8>) {
        var parts = bytes.split(separator: newline, omittingEmptySubsequences: false)
        let rest = parts.popLast() ?? []
        return (parts, rest)
    }

    /// Whether it is a complete JSON object, because an editor may have removed the last line's
    /// terminator.
    private static func isObject(_ line: ArraySlice<UInt8>) -> Bool {
        struct Nothing: Decodable {}
        guard line.first == UInt8(ascii: "{") else { return false }
        return (try? JSONDecoder().decode(Nothing.self, from: Data(line))) != nil
    }

    /// Step of a line that begins like ours, `{"event":"NAME","step":N`; nil for others.
    private static func ownStep(_ line: ArraySlice<UInt8>) -> Int? {
        var rest = line
        guard skip("{\"event\":\"", &rest), let end = rest.firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        let name = rest[..<end]
        rest = rest[end...]
        guard names.contains(where: { name.elementsEqual($0.utf8) }), skip("\",\"step\":", &rest)
        else { return nil }
        let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    private static let names = ["step", "evaluation", "skip", "checkpoint", "resume", "preempt"]

    private static func skip(_ text: String, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }
}
