import Glibc

/// Mutable state of tokenization: the scratch memory and word cache of a `WordPieceTokenizer`. One
/// per thread.
public final class WordPieceEncoder {
    /// The tokenizer that assigns the ids.
    public let tokenizer: WordPieceTokenizer

    private var cache = WordCache()
    private var normalizer: WordNormalizer
    /// Normalizes whole runs, in which tokens are searched for in normalized text.
    private var textNormalizer: WordNormalizer
    /// Table of the normalizer and the scanner: for raw text, or for normalized text.
    private let table: CharacterTable
    private var output: UnsafeMutablePointer<Int32>
    private var capacity: Int

    /// Number of ids that may be written past the valid ones, because a fixed number is copied.
    private static let slack = 16

    /// Makes an encoder; it takes about 3 MB.
    public init(_ tokenizer: WordPieceTokenizer) {
        self.tokenizer = tokenizer
        table =
            tokenizer.normalizedTokens.isEmpty ? tokenizer.table : CharacterTable.of(.normalized)
        normalizer = WordNormalizer(table)
        textNormalizer = WordNormalizer(tokenizer.table, keepsSpacing: true)
        capacity = 1 << 12
        output = .allocate(capacity: capacity)
    }

    deinit { output.deallocate() }

    /// Appends the ids of a text to `ids`, without `[CLS]` and `[SEP]` around them.
    ///
    /// - Parameter utf8: Fewer than 2^31 bytes; invalid UTF-8 is removed. Line feeds are white
    ///   space.
    ///
    /// Splitting a text at ASCII white space and encoding the parts yields the same ids.
    public func encode(_ utf8: UnsafeRawBufferPointer, into ids: inout [Int32]) {
        withEncoded(utf8) { ids.append(contentsOf: $0) }
    }

    /// Appends the ids of a text to `ids`; see the other overload.
    public func encode(_ utf8: [UInt8], into ids: inout [Int32]) {
        utf8.withUnsafeBytes { encode($0, into: &ids) }
    }

    /// Calls `body` with the ids of a text, which are valid only during the call.
    func withEncoded<Result>(
        _ utf8: UnsafeRawBufferPointer, _ body: (UnsafeBufferPointer<Int32>) throws -> Result
    ) rethrows -> Result {
        guard let base = utf8.baseAddress, utf8.count > 0 else {
            return try body(UnsafeBufferPointer(start: nil, count: 0))
        }
        precondition(utf8.count < 1 << 31, "a text must be shorter than 2^31 bytes")
        // Every id comes from at least one byte: no code point is replaced by more code points than
        // it has bytes.
        let needed = utf8.count + Self.slack
        if needed > capacity {
            output.deallocate()
            capacity = needed
            output = .allocate(capacity: needed)
        }
        let count = run(base.assumingMemoryBound(to: UInt8.self), utf8.count)
        precondition(count <= utf8.count)
        return try body(UnsafeBufferPointer(start: output, count: count))
    }

    /// Writes the ids of a text to `output` and returns their number.
    private func run(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
        split(base, count, at: tokenizer.literalTokens, output) { start, length, out in
            guard !self.tokenizer.normalizedTokens.isEmpty else {
                return self.encodeStretch(start, length, out)
            }
            self.textNormalizer.normalize(start, length)
            return self.textNormalizer.text.withUnsafeBufferPointer { text in
                guard let base = text.baseAddress else { return 0 }
                return self.split(base, text.count, at: self.tokenizer.normalizedTokens, out) {
                    self.encodeStretch($0, $1, $2)
                }
            }
        }
    }

    /// Writes the ids of tokens in a text, and those of the runs between them, to `out`; returns
    /// the number of ids.
    private func split(
        _ base: UnsafePointer<UInt8>, _ count: Int, at tokens: AddedTokenMatcher,
        _ out: UnsafeMutablePointer<Int32>,
        _ encode: (UnsafePointer<UInt8>, Int, UnsafeMutablePointer<Int32>) -> Int
    ) -> Int {
        var written = 0
        var start = 0
        while let match = tokens.next(base, from: start, to: count) {
            written += encode(base + start, match.range.lowerBound - start, out + written)
            out[written] = match.id
            written += 1
            start = match.range.upperBound
        }
        return written + encode(base + start, count - start, out + written)
    }

    /// Writes the ids of a text without added tokens to `first` and returns their number.
    private func encodeStretch(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ first: UnsafeMutablePointer<Int32>
    ) -> Int {
        var scanner = TextScanner(base, count, table)
        let end = base + count
        let isolatedIDs = tokenizer.isolatedIDs.base
        var out = first
        while true {
            switch scanner.next() {
            case .end:
                return out - first
            case .isolated(let scalar, let start):
                if scalar < 0x10000 {
                    out.pointee = isolatedIDs[Int(scalar)]
                } else {
                    out.pointee = isolatedID(start, scanner.position - start)
                }
                out += 1
            case .chunk(let start):
                out += encodeChunk(start, scanner.position - start, end, out)
            }
        }
    }

    /// Writes the ids of a chunk to `out` and returns their number.
    @inline(__always)
    private func encodeChunk(
        _ start: UnsafePointer<UInt8>, _ length: Int, _ end: UnsafePointer<UInt8>,
        _ out: UnsafeMutablePointer<Int32>
    ) -> Int {
        guard length <= WordCache.maximumBytes else { return spellChunk(start, length, out) }
        let key = WordCache.Key(start, length, readable: end - start)
        let found = cache.find(key, out)
        if found >= 0 { return found }
        let count = spellChunk(start, length, out)
        cache.insert(key, UnsafeBufferPointer(start: out, count: count))
        return count
    }

    /// Like `encodeChunk`, without the cache.
    private func spellChunk(
        _ start: UnsafePointer<UInt8>, _ length: Int, _ out: UnsafeMutablePointer<Int32>
    ) -> Int {
        normalizer.normalize(start, length)
        return normalizer.text.withUnsafeBufferPointer { text in
            var written = 0
            var wordStart = 0
            for end in normalizer.ends {
                if end < 0 {
                    out[written] = tokenizer.vocabulary.unkID
                    written += 1
                } else if let word = text.baseAddress {
                    written += spell(word + wordStart, Int(end) - wordStart, out + written)
                    wordStart = Int(end)
                }
            }
            return written
        }
    }

    /// Writes the ids of a normalized word to `out` and returns their number.
    private func spell(
        _ word: UnsafePointer<UInt8>, _ length: Int, _ out: UnsafeMutablePointer<Int32>
    ) -> Int {
        var position = 0
        var written = 0
        var root = PieceTrie.wordRoot
        while position < length {
            let match = tokenizer.trie.longestMatch(
                word + position, length - position, root: root)
            guard match.id >= 0 else {
                out.pointee = tokenizer.vocabulary.unkID
                return 1
            }
            out[written] = match.id
            written += 1
            position += match.length
            root = PieceTrie.continuationRoot
        }
        return written
    }

    /// Id of one code point of `length` bytes that is a word on its own.
    private func isolatedID(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> Int32 {
        let match = tokenizer.trie.longestMatch(bytes, length, root: PieceTrie.wordRoot)
        return match.length == length ? match.id : tokenizer.vocabulary.unkID
    }
}
