import DurableFiles
import Glibc
import Tokenization

/// Consecutive whole documents of one input, unmodified.
struct TextChunk: Sendable {
    var bytes: [UInt8]
    /// Name of the input, for messages.
    var source: String
    /// Line at which `bytes` begin, from 1.
    var firstLine: Int
    /// Offset of `bytes` in the input, from 0.
    var byteOffset: Int
}

/// Cuts an input into chunks of whole documents. A line of white space ends a document, and so does
/// the end of the input. A document of more than `documentBytes` is cut at the end of a line or, in
/// a line longer than that, after a space or at least after a whole character.
///
/// The cuts depend neither on the sizes of reads nor on the size of chunks.
struct DocumentReader: ~Copyable {
    private let input: TextInput
    private let chunkBytes: Int
    private let documentBytes: Int
    private var buffer: [UInt8] = []
    /// Start of the current document in `buffer`.
    private var documentStart = 0
    /// Start of the current line in `buffer`.
    private var lineStart = 0
    /// End of the searched part of the current line.
    private var searched = 0
    private var isAtEnd = false
    private var hasLineFeed = false
    private var firstLine = 1
    private var byteOffset = 0
    /// Number of cuts within documents.
    private(set) var cuts = 0

    init(_ input: consuming TextInput, chunkBytes: Int, documentBytes: Int) {
        self.input = input
        self.chunkBytes = chunkBytes
        self.documentBytes = documentBytes
    }

    /// The next chunk, or nil at the end.
    mutating func next() throws(FileError) -> TextChunk? {
        while true {
            if let cut = scan() {
                try requireLineFeeds()
                return take(cut)
            }
            if documentStart >= chunkBytes { return take(documentStart) }
            if isAtEnd { try requireLineFeeds() }
            if isAtEnd { return buffer.isEmpty ? nil : take(buffer.count) }
            let before = buffer.count
            try input.read(chunkBytes, into: &buffer)
            isAtEnd = buffer.count - before < chunkBytes
        }
    }

    /// Scans the lines in the buffer. Returns the position of a cut if a document is too large.
    private mutating func scan() -> Int? {
        while lineStart < buffer.count {
            let lineFeed = lineFeed(from: searched)
            searched = lineFeed ?? buffer.count
            hasLineFeed = hasLineFeed || lineFeed != nil
            let lineEnd = lineFeed.map { $0 + 1 } ?? buffer.count
            if lineEnd - documentStart > documentBytes {
                cuts += 1
                return lineStart > documentStart ? lineStart : cutInLine()
            }
            guard lineFeed != nil else { return nil }
            if isBlank(lineStart..<lineEnd) {
                documentStart = lineEnd
                // This is enough for a chunk; the rest can wait.
                if documentStart >= chunkBytes {
                    (lineStart, searched) = (lineEnd, lineEnd)
                    return nil
                }
            }
            (lineStart, searched) = (lineEnd, lineEnd)
        }
        return nil
    }

    /// Throws for text whose lines end in carriage returns only, because it would be one line and
    /// its documents would merge.
    private func requireLineFeeds() throws(FileError) {
        guard !hasLineFeed, buffer.count(where: { $0 == 0x0D }) > 1 else { return }
        throw FileError(
            .badData, input.name,
            "its lines end in carriage returns alone; convert it first: tr '\\r' '\\n' <FILE")
    }

    private func lineFeed(from start: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = memchr(base + start, 0x0A, bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Last possible cut in the line that begins the document.
    private func cutInLine() -> Int {
        let limit = documentStart + documentBytes
        var place = limit
        while place > documentStart && buffer[place - 1] != 0x20 { place -= 1 }
        if place > documentStart { return place }
        place = limit
        while place > limit - 3 && buffer[place] & 0xC0 == 0x80 { place -= 1 }
        return place
    }

    private func isBlank(_ line: Range<Int>) -> Bool {
        buffer.withUnsafeBufferPointer { WhiteSpace.trimmed(line, of: $0).isEmpty }
    }

    /// Removes the first `count` bytes of the buffer as a chunk.
    private mutating func take(_ count: Int) -> TextChunk {
        let rest = Array(buffer[count...])
        buffer.removeSubrange(count...)
        let chunk = TextChunk(
            bytes: buffer, source: input.name, firstLine: firstLine, byteOffset: byteOffset)
        firstLine += chunk.bytes.withUnsafeBufferPointer { bytes in
            bytes.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
        }
        byteOffset += count
        buffer = rest
        documentStart = max(0, documentStart - count)
        lineStart = max(0, lineStart - count)
        searched = max(lineStart, searched - count)
        return chunk
    }
}
