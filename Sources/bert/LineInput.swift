import DurableFiles
import FineTuning
import Glibc

/// Lines of a stream, in order of arrival.
final class LineInput {
    /// Number of the last line, from 1.
    private(set) var number = 0
    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    /// Maximum length of a line in bytes, the same as in files of task data.
    static let maximumBytes = TaskFileLimits().textBytes

    /// Reads from `descriptor`; `name` is its name in errors.
    init(_ descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Returns the next line without its terminator; nil after the last.
    ///
    /// - Throws: `TaskDataError` for a line that is not UTF-8; `FileError` for one that is too
    ///   long, or if reading fails.
    func next() throws -> String? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return try text(buffer[start..<end])
            }
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return try text(buffer[start...])
            }
            guard buffer.count - start <= Self.maximumBytes else {
                throw FileError(
                    .badData, name,
                    "line \(number + 1) is longer than \(Self.maximumBytes) bytes")
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            try fill()
        }
    }

    private func fill() throws {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = Patience.call { read(descriptor, &piece, piece.count) }
        guard count >= 0 else {
            throw FileError(
                .inputOutput, name, "cannot be read: \(String(cString: strerror(errno)))")
        }
        isAtEnd = count == 0
        buffer += piece[..<count]
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(TaskDataError) -> String {
        number += 1
        var line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
        // A byte order mark, which editors of some systems write at the start of a file.
        if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw TaskDataError(name, line: number, "is not UTF-8")
        }
        return text
    }
}
