internal import DurableFiles

/// The bytes of a whole file of task data, validated as UTF-8, without a byte order mark.
struct TaskText {
    let path: String
    let bytes: [UInt8]
    let limits: TaskFileLimits

    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    /// Reads a file.
    init(path: String, limits: TaskFileLimits) throws(TaskDataError) {
        let bytes: [UInt8]
        do {
            bytes = try WholeFiles.read(
                path, maximumByteCount: limits.fileBytes, followingLinks: true)
        } catch {
            throw TaskDataError(error)
        }
        try self.init(bytes, path: path, limits: limits)
    }

    /// Validates bytes; `path` is their name in errors.
    init(_ bytes: [UInt8], path: String, limits: TaskFileLimits) throws(TaskDataError) {
        self.path = path
        self.limits = limits
        self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        do {
            _ = try UTF8Span(validating: self.bytes.span)
        } catch {
            let fault = error.byteOffsets.lowerBound
            let line = self.bytes[..<fault].count { $0 == Self.lineFeed } + 1
            throw TaskDataError(
                path, line: line, "not UTF-8; convert the file, for example with iconv -t UTF-8")
        }
    }

    /// Calls `body` with the number, from 1, and the bytes of each line, without its terminator (LF
    /// or CR LF).
    func forEachLine(
        _ body: (Int, ArraySlice<UInt8>) throws(TaskDataError) -> Void
    ) throws(TaskDataError) {
        var start = 0
        var number = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: Self.lineFeed) ?? bytes.count
            number += 1
            guard end - start <= limits.textBytes else {
                throw TaskDataError(
                    path, line: number,
                    "the line has more than \(limits.textBytes) bytes; is this the right format?")
            }
            let line = bytes[start..<end]
            try body(number, line.last == Self.carriageReturn ? line.dropLast() : line)
            start = end + 1
        }
    }

    /// Makes an error at a line.
    func error(_ line: Int?, _ message: String) -> TaskDataError {
        TaskDataError(path, line: line, message)
    }

    /// Throws if a file exceeds the limits of records or of values in them.
    func checkCounts(
        records: Int, values: Int = 0, line: Int
    ) throws(TaskDataError) {
        guard records <= limits.records else {
            throw error(line, "more than \(limits.records) records; split the file")
        }
        guard values <= limits.values else {
            throw error(line, "more than \(limits.values) values; split the file")
        }
    }
}
