import Glibc

/// Tokenizes a stream line by line: each line becomes one line with the tokens or ids, separated by
/// single spaces.
///
/// A line ends only at a line feed; any remaining bytes after the last one are a line, too. Long
/// lines are cut at ASCII white space, where cutting changes no id, so memory stays at a few times
/// `bufferBytes`, unless a run without white space is longer.
public struct TokenizeStream: Sendable {
    /// The text written for each token.
    public enum Format: Sendable {
        /// The pieces themselves.
        case tokens
        /// Their ids in decimal.
        case ids
    }

    /// Counts of processed text.
    public struct Summary: Sendable, Equatable {
        /// Bytes read.
        public var bytes = 0
        /// Lines read and written.
        public var lines = 0
        /// Tokens written.
        public var tokens = 0
        /// Tokens that are `[UNK]`.
        public var unknown = 0
    }

    /// Bytes read at once.
    static let bufferBytes = 1 << 20
    /// Maximum length of a run without ASCII white space, in bytes: 64 MiB.
    public static let maximumStretchBytes = 1 << 26

    private let tokenizer: WordPieceTokenizer
    private let texts: TokenTexts
    private let requiresText: Bool
    private let bufferBytes: Int
    private let maximumStretchBytes: Int

    /// Prepares the texts of all tokens in a format.
    ///
    /// - Parameter requiresText: Whether bytes that are not UTF-8, and NUL, are an error; otherwise
    ///   they are removed.
    public init(_ tokenizer: WordPieceTokenizer, format: Format, requiresText: Bool = false) {
        self.init(
            tokenizer, format: format, requiresText: requiresText, bufferBytes: Self.bufferBytes,
            maximumStretchBytes: Self.maximumStretchBytes)
    }

    /// For tests: small buffers.
    package init(
        _ tokenizer: WordPieceTokenizer, format: Format, requiresText: Bool = false,
        bufferBytes: Int, maximumStretchBytes: Int
    ) {
        self.tokenizer = tokenizer
        self.requiresText = requiresText
        self.bufferBytes = bufferBytes
        self.maximumStretchBytes = maximumStretchBytes
        texts = TokenTexts(tokenizer.vocabulary, format)
    }

    /// Reads everything from one open file and writes to another, both buffered.
    ///
    /// - Parameters:
    ///   - input: A file descriptor, which may be a pipe.
    ///   - inputName: Name of the input in errors.
    ///   - output: A file descriptor.
    ///   - outputName: Name of the output in errors.
    /// - Throws: `TextStreamError` if reading or writing fails, a run is too long, or the input is
    ///   required to be text and is not; all preceding lines are written.
    public func run(
        input: Int32, inputName: String, output: Int32, outputName: String = "standard output"
    ) throws(TextStreamError) -> Summary {
        var reader = SegmentReader(
            input, name: inputName, bufferBytes: bufferBytes,
            maximumStretchBytes: maximumStretchBytes, requiresText: requiresText)
        var writer = BufferedWriter(output, name: outputName)
        var summary = Summary()
        do throws(TextStreamError) {
            try copy(&reader, to: &writer, &summary)
        } catch {
            // Completed lines are still written; the first error is reported.
            try? writer.flush()
            throw error
        }
        try writer.flush()
        summary.bytes = reader.bytesRead
        return summary
    }

    private func copy(
        _ reader: inout SegmentReader, to writer: inout BufferedWriter, _ summary: inout Summary
    ) throws(TextStreamError) {
        let encoder = WordPieceEncoder(tokenizer)
        let unknownID = tokenizer.vocabulary.unkID
        var lineIsEmpty = true
        while let segment = try next(&reader, orFlush: &writer) {
            let tokens = encoder.withEncoded(segment.bytes) { ids in
                for id in ids {
                    // Texts begin with the space that separates them from the preceding one.
                    let text = texts[id]
                    writer.append(
                        lineIsEmpty ? UnsafeRawBufferPointer(rebasing: text.dropFirst()) : text)
                    lineIsEmpty = false
                    if id == unknownID { summary.unknown += 1 }
                }
                return ids.count
            }
            summary.tokens += tokens
            if segment.endsLine {
                writer.append(UInt8(ascii: "\n"))
                summary.lines += 1
                lineIsEmpty = true
            }
            try writer.flushIfFull()
        }
    }

    /// Returns the next segment. If reading fails, the lines read before are written first.
    private func next(
        _ reader: inout SegmentReader, orFlush writer: inout BufferedWriter
    ) throws(TextStreamError) -> SegmentReader.Segment? {
        do throws(TextStreamError) {
            return try reader.next()
        } catch {
            try writer.flush()
            throw error
        }
    }
}

/// The text of each id, with a space before it.
private struct TokenTexts: Sendable {
    private let bytes: FrozenTable<UInt8>
    private let starts: FrozenTable<UInt32>

    init(_ vocabulary: Vocabulary, _ format: TokenizeStream.Format) {
        var bytes: [UInt8] = []
        var starts: [UInt32] = [0]
        for id in 0..<Int32(vocabulary.count) {
            bytes.append(UInt8(ascii: " "))
            switch format {
            case .tokens: bytes.append(contentsOf: vocabulary.bytes(id))
            case .ids: bytes.append(contentsOf: String(id).utf8)
            }
            starts.append(UInt32(bytes.count))
        }
        self.bytes = FrozenTable(bytes)
        self.starts = FrozenTable(starts)
    }

    @inline(__always)
    subscript(id: Int32) -> UnsafeRawBufferPointer {
        let start = Int(starts.base[Int(id)])
        return UnsafeRawBufferPointer(
            start: bytes.base + start, count: Int(starts.base[Int(id) + 1]) - start)
    }
}
