import DurableFiles
import Glibc

/// Reading `vocab.txt`, which is untrusted.
extension Vocabulary {
    /// Maximum size of a vocabulary in bytes. (Google's multilingual one has 1 MB.)
    public static let maximumBytes = (1 << 24) - 16
    /// Maximum number of pieces of a vocabulary.
    public static let maximumTokens = 1_000_000
    /// Maximum length of a piece in bytes.
    public static let maximumTokenBytes = 1_000

    /// Reads a file with one piece per line. Lines end in LF or CRLF; the last may be unterminated.
    /// White space after a piece and a byte order mark are ignored.
    ///
    /// - Throws: `VocabularyError` with the path and the line.
    public init(contentsOf path: String) throws(VocabularyError) {
        let bytes: [UInt8]
        do {
            bytes = try readWhole(path, limit: Self.maximumBytes)
        } catch {
            throw VocabularyError(source: path, problem: error)
        }
        try self.init(utf8: bytes, source: path)
    }

    /// Parses the bytes of a `vocab.txt`, for example from a checkpoint.
    ///
    /// - Parameter source: Name of the bytes in errors.
    /// - Throws: `VocabularyError` with `source` and the line.
    public init(utf8 bytes: [UInt8], source: String = "vocabulary") throws(VocabularyError) {
        guard bytes.count <= Self.maximumBytes else {
            throw VocabularyError(source: source, problem: .tooLarge)
        }
        var clean: [UInt8] = []
        clean.reserveCapacity(bytes.count + 1)
        var starts: [UInt32] = [0]
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let piece = Self.piece(bytes[start..<end])
            if var problem = Self.problem(with: piece, line: starts.count) {
                if let format = FileFormat(head: Array(bytes.prefix(64))) {
                    problem = .otherFormat(format)
                }
                throw VocabularyError(source: source, problem: problem)
            }
            clean.append(contentsOf: piece)
            clean.append(UInt8(ascii: "\n"))
            starts.append(UInt32(clean.count))
            start = end + 1
        }
        try self.init(utf8: clean, starts: starts, source: source)
    }

    /// Takes pieces in the order of their ids.
    ///
    /// - Throws: `VocabularyError` with the line, from 1.
    public init(lines: [String]) throws(VocabularyError) {
        var bytes: [UInt8] = []
        for (index, line) in lines.enumerated() {
            if line.utf8.contains(UInt8(ascii: "\n")) {
                throw VocabularyError(source: "vocabulary", problem: .lineFeed(line: index + 1))
            }
            bytes.append(contentsOf: line.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        try self.init(utf8: bytes)
    }

    /// A line without the white space at its end, which Hugging Face's tokenizers do not consider
    /// part of the piece. A piece of only white space (as in Google's Chinese vocabulary) matches
    /// nothing, and is unchanged.
    private static func piece(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        let range = line.withUnsafeBufferPointer { WhiteSpace.trimmed(0..<$0.count, of: $0) }
        let piece = range.isEmpty ? [] : line.prefix(range.upperBound)
        let isWhiteSpace = piece.isEmpty || piece.elementsEqual("##".utf8)
        return isWhiteSpace && line.contains { $0 >= 0x80 } ? line : piece
    }

    private static func problem(
        with piece: ArraySlice<UInt8>, line: Int
    ) -> VocabularyError.Problem? {
        if line > maximumTokens { return .tooManyTokens }
        if piece.isEmpty { return .emptyLine(line: line) }
        if piece.count > maximumTokenBytes { return .tokenTooLong(line: line) }
        let fault = piece.withUnsafeBufferPointer { UTF8Text.fault(in: $0) }
        return fault == nil ? nil : .notUTF8(line: line)
    }
}

/// Reads a whole file of at most `limit` bytes, of any kind.
private func readWhole(_ path: String, limit: Int) throws(VocabularyError.Problem) -> [UInt8] {
    let file = Patience.call(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw .unreadable(code: errno) }
    defer { close(file) }
    var bytes: [UInt8] = []
    let step = 1 << 18
    while true {
        var chunk = [UInt8](repeating: 0, count: step)
        let count = chunk.withUnsafeMutableBytes { buffer in
            Patience.call { read(file, buffer.baseAddress, step) }
        }
        if count < 0 { throw .unreadable(code: errno) }
        if count == 0 { return bytes }
        if bytes.count + count > limit { throw .tooLarge }
        bytes.append(contentsOf: chunk[..<count])
    }
}
