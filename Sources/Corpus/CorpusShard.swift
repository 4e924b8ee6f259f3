/// Documents of one shard: three flat arrays, as stored.
///
/// Sentence i has the tokens `sentenceOffsets[i]..<sentenceOffsets[i + 1]`, document d the
/// sentences `documentOffsets[d]..<documentOffsets[d + 1]`; neither is ever empty.
package final class CorpusShard: Sendable {
    /// Path of its file, for messages.
    package let path: String
    private let tokens: Tokens
    private let sentenceOffsets: StoredArray<Int64>
    private let documentOffsets: StoredArray<Int64>
    /// File whose bytes are verified as they are read; nil for a shard in memory.
    let file: VerifiedFile?

    /// Maximum length of a sentence in a shard, in tokens.
    package static let maximumSentenceLength = 65_536

    /// Token ids in their stored width.
    enum Tokens: Sendable {
        case narrow(StoredArray<UInt16>)
        case wide(StoredArray<Int32>)

        var count: Int {
            switch self {
            case .narrow(let array): array.count
            case .wide(let array): array.count
            }
        }

        var byteRange: Range<Int>? {
            switch self {
            case .narrow(let array): array.byteRange
            case .wide(let array): array.byteRange
            }
        }
    }

    /// Makes a shard of stored arrays.
    ///
    /// - Throws: `CorpusError.damaged` if the offsets do not rise from 0 to the end of what they
    ///   count, or if a sentence is longer than `maximumSentenceLength`.
    init(
        path: String, tokens: Tokens, sentenceOffsets: StoredArray<Int64>,
        documentOffsets: StoredArray<Int64>, file: VerifiedFile? = nil
    ) throws(CorpusError) {
        self.path = path
        self.file = file
        self.tokens = tokens
        self.sentenceOffsets = sentenceOffsets
        self.documentOffsets = documentOffsets
        try Self.check(
            sentenceOffsets, named: "sentence_offsets", path: path, end: tokens.count,
            longest: Self.maximumSentenceLength)
        try Self.check(
            documentOffsets, named: "document_offsets", path: path,
            end: sentenceOffsets.count - 1, longest: .max)
    }

    /// Makes a shard in memory, from documents as lists of sentences.
    ///
    /// - Throws: `CorpusError.damaged` if a document or sentence is empty.
    package convenience init(
        path: String, documents: [[[Int32]]]
    ) throws(CorpusError) {
        var tokens: [Int32] = []
        var sentences: [Int64] = [0]
        var ends: [Int64] = [0]
        for document in documents {
            for sentence in document {
                tokens += sentence
                sentences.append(Int64(tokens.count))
            }
            ends.append(Int64(sentences.count - 1))
        }
        try self.init(
            path: path, tokens: .wide(StoredArray(tokens)),
            sentenceOffsets: StoredArray(sentences), documentOffsets: StoredArray(ends))
    }

    private static func check(
        _ offsets: StoredArray<Int64>, named name: String, path: String, end: Int, longest: Int
    ) throws(CorpusError) {
        guard offsets.count > 0, offsets[0] == 0 else {
            throw .damaged(path: path, reason: "\(name) does not begin with 0")
        }
        var last = Int64(0)
        for index in 1..<max(offsets.count, 1) {
            let offset = offsets[index]
            guard offset > last, offset - last <= Int64(longest) else {
                throw .damaged(
                    path: path,
                    reason: "\(name)[\(index)] is \(offset) after \(last); every entry must be "
                        + "greater than the one before it"
                        + (longest == .max ? "" : ", by at most \(longest)"))
            }
            last = offset
        }
        guard last == Int64(end) else {
            throw .damaged(
                path: path, reason: "\(name) ends at \(last), but there are \(end) entries")
        }
    }

    /// The number of documents.
    package var documentCount: Int { documentOffsets.count - 1 }
    /// The number of sentences of all documents.
    package var sentenceCount: Int { sentenceOffsets.count - 1 }
    /// The number of tokens of all sentences.
    package var tokenCount: Int { tokens.count }

    /// Token offsets of the sentences of document `document`, plus a final end offset; valid while
    /// the shard is alive.
    func sentenceOffsets(ofDocument document: Int) -> UnsafeBufferPointer<Int64> {
        let start = Int(documentOffsets[document])
        let end = Int(documentOffsets[document + 1])
        return sentenceOffsets.slice(start..<end + 1)
    }

    /// Appends the tokens of `range` to `output`.
    ///
    /// - Throws: `CorpusError.damaged` if the file has changed since it was built, or if an id is
    ///   not below `vocabularySize`.
    package func appendTokens(
        _ range: Range<Int>, to output: inout [Int32], vocabularySize: Int
    ) throws(CorpusError) {
        let start = output.count
        switch tokens {
        case .narrow(let array):
            try array.verify(range)
            for token in array.slice(range) { output.append(Int32(token)) }
        case .wide(let array):
            try array.verify(range)
            output.append(contentsOf: array.slice(range))
        }
        let bound = UInt32(clamping: vocabularySize)
        for index in start..<output.count
        where UInt32(bitPattern: output[index]) >= bound {
            throw .damaged(
                path: path,
                reason: "token_ids[\(range.lowerBound + index - start)] is \(output[index]), but "
                    + "the vocabulary has \(vocabularySize) entries; the corpus was built with "
                    + "another vocabulary, or the file is damaged")
        }
    }
}
