import DurableFiles
import Tokenization

/// The documents of one chunk as token ids.
struct EncodedChunk: Sendable {
    /// One document: the ends of its tokens and sentences in the chunk, and its key.
    struct Document: Sendable {
        var tokenEnd: Int
        var sentenceEnd: Int
        /// Number of `[UNK]` tokens.
        var unknownTokens: Int
        var key: DocumentKey
    }

    var tokens: [Int32] = []
    /// End of each sentence in `tokens`.
    var sentenceEnds: [Int] = []
    var documents: [Document] = []
    var notes = BuildNotes()
}

/// 128 bits of the SHA-256 of a seed and a document's text, ignoring white space at the ends of
/// lines. Equal texts have equal keys.
struct DocumentKey: Sendable, Hashable {
    /// Determines the split; uniform over all 64-bit numbers.
    var split: UInt64
    /// Distinguishes texts.
    var identity: UInt64

    init(_ digest: SHA256Digest) {
        split = Self.word(digest.bytes[0..<8])
        identity = Self.word(digest.bytes[8..<16])
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Encodes chunks of text as token ids: lines are split into sentences, sentences into tokens. Each
/// worker has its own encoder for its tokenizer's word cache; the result depends only on the chunk.
final class DocumentEncoder {
    private let encoder: WordPieceEncoder
    private let seed: UInt64
    private let maximumSentenceLength: Int
    private let replacesInvalid: Bool
    private let unknownID: Int32

    init(
        tokenizer: WordPieceTokenizer, seed: UInt64, maximumSentenceLength: Int,
        replacesInvalid: Bool
    ) {
        encoder = WordPieceEncoder(tokenizer)
        unknownID = tokenizer.vocabulary.unkID
        self.seed = seed
        self.maximumSentenceLength = maximumSentenceLength
        self.replacesInvalid = replacesInvalid
    }

    /// Encodes the documents of `chunk`.
    ///
    /// - Throws: `CorpusError.notText`, unless invalid sequences are to be replaced.
    func encode(_ chunk: TextChunk) throws(CorpusError) -> EncodedChunk {
        var output = EncodedChunk()
        output.notes.textBytes = chunk.bytes.count
        output.tokens.reserveCapacity(chunk.bytes.count / 4)
        var bytes = chunk.bytes
        if let fault = bytes.withUnsafeBufferPointer({ UTF8Text.fault(in: $0)?.lowerBound }) {
            guard replacesInvalid else {
                let line = bytes[..<fault].reduce(chunk.firstLine) { $0 + ($1 == 0x0A ? 1 : 0) }
                // Other file formats are detected in the first chunk.
                throw .notText(
                    TextFault(
                        source: chunk.source, line: line, byteOffset: chunk.byteOffset + fault,
                        byte: bytes[fault],
                        head: chunk.byteOffset == 0 ? Array(bytes.prefix(64)) : []))
            }
            (bytes, output.notes.replacedBytes) = UTF8Text.repaired(bytes)
        }
        bytes.withUnsafeBufferPointer { encode($0, into: &output) }
        return output
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>, into output: inout EncodedChunk) {
        var start = 0
        while start < text.count {
            var hash = SHA256()
            withUnsafeBytes(of: seed.littleEndian) { hash.update($0) }
            var hasText = false
            while start < text.count {
                let lineEnd = text[start...].firstIndex(of: 0x0A) ?? text.count
                let line = WhiteSpace.trimmed(start..<lineEnd, of: text)
                start = lineEnd + 1
                if line.isEmpty { break }
                hasText = true
                let bytes = UnsafeBufferPointer(rebasing: text[line])
                hash.update(UnsafeRawBufferPointer(bytes))
                withUnsafeBytes(of: UInt8(ascii: "\n")) { hash.update($0) }
                encode(line: bytes, into: &output)
            }
            if hasText { finishDocument(DocumentKey(hash.finish()), &output) }
        }
    }

    private func encode(line: UnsafeBufferPointer<UInt8>, into output: inout EncodedChunk) {
        SentenceSplitter.forEachSentence(in: line) { sentence in
            var end = output.tokens.count
            encoder.encode(
                UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(line)[sentence]),
                into: &output.tokens)
            while output.tokens.count - end > maximumSentenceLength {
                end += maximumSentenceLength
                output.sentenceEnds.append(end)
                output.notes.cutSentences += 1
            }
            if output.tokens.count > end { output.sentenceEnds.append(output.tokens.count) }
        }
    }

    private func finishDocument(_ key: DocumentKey, _ output: inout EncodedChunk) {
        let start = output.documents.last?.tokenEnd ?? 0
        guard output.tokens.count > start else {
            output.notes.emptyDocuments += 1
            return
        }
        output.documents.append(
            EncodedChunk.Document(
                tokenEnd: output.tokens.count, sentenceEnd: output.sentenceEnds.count,
                unknownTokens: output.tokens[start...].count { $0 == unknownID }, key: key))
    }
}
