internal import Dispatch
import Glibc
import Synchronization

/// Counts the words of files in parallel.
///
/// Each worker counts unmodified chunks (see `TextScanner`); the counts are added up, and only
/// distinct chunks are normalized.
struct WordCounting: Sendable {
    /// Words as the tokenizer looks them up, with their counts.
    struct Counts {
        var words = ByteCountTable()
        /// Number of words, including those too long for a piece.
        var total: Int64 = 0
        var bytes = 0
    }

    /// Whether bytes that are not UTF-8, and NUL, are an error; otherwise they are removed.
    let requiresText: Bool
    let table: CharacterTable
    /// Maximum number of distinct chunks.
    let limit: Int
    /// Size in bytes of a worker's range.
    let rangeBytes: Int

    /// Longer chunks are normalized immediately instead of being stored.
    private static let longestChunk = 256

    /// Counts with `workers` threads, or fewer if the machine has fewer processors.
    func count(files: [String], workers: Int) throws(WordPieceTrainerError) -> Counts {
        let shared: SharedRanges
        do {
            shared = SharedRanges(
                try TextRange.ranges(of: files, size: rangeBytes), workers: workers)
        } catch { throw .text(error) }
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            var partial = Partial(table)
            while let (index, range) = shared.take() {
                do throws(WordPieceTrainerError) {
                    try count(range, &partial)
                } catch {
                    shared.fail(index, error)
                }
            }
            shared.finish(worker, partial)
        }
        return try merge(shared.results())
    }

    /// The counts of one worker.
    struct Partial: Sendable {
        var chunks = ByteCountTable()
        /// Words of long chunks.
        var words = ByteCountTable()
        var tooLong: Int64 = 0
        var bytes = 0
        var normalizer: WordNormalizer

        init(_ table: CharacterTable) {
            normalizer = WordNormalizer(table)
        }
    }

    private func count(_ range: TextRange, _ partial: inout Partial) throws(WordPieceTrainerError) {
        do throws(TextStreamError) {
            let file = try openText(range.path)
            defer { close(file) }
            var reader = SegmentReader(
                file, name: range.path == "-" ? TextFault.standardInput : range.path,
                bufferBytes: TokenizeStream.bufferBytes,
                maximumStretchBytes: TokenizeStream.maximumStretchBytes,
                requiresText: requiresText, range: range.bytes)
            while let segment = try reader.next() {
                count(segment.bytes, &partial)
                if partial.chunks.count > limit || partial.words.count > limit { break }
            }
            partial.bytes += reader.bytesRead
        } catch { throw .text(error) }
        if partial.chunks.count > limit || partial.words.count > limit {
            throw .tooManyDistinctWords(limit: limit)
        }
    }

    private func count(_ text: UnsafeRawBufferPointer, _ partial: inout Partial) {
        guard let base = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        var scanner = TextScanner(base, text.count, table)
        while let chunk = scanner.nextBytes() {
            if chunk.count <= Self.longestChunk {
                partial.chunks.add(UnsafeRawBufferPointer(chunk), count: 1)
            } else {
                partial.normalizer.normalize(chunk.baseAddress ?? base, chunk.count)
                partial.tooLong += addWords(of: partial.normalizer, 1, to: &partial.words)
            }
        }
    }

    private func merge(_ partials: [Partial]) throws(WordPieceTrainerError) -> Counts {
        var chunks = ByteCountTable()
        var counts = Counts()
        for partial in partials {
            chunks.add(partial.chunks)
            counts.words.add(partial.words)
            counts.total += partial.tooLong
            counts.bytes += partial.bytes
            if chunks.count > limit { throw .tooManyDistinctWords(limit: limit) }
        }
        var normalizer = WordNormalizer(table)
        for entry in chunks.entries {
            chunks.withBytes(of: entry) { bytes in
                guard let base = bytes.baseAddress else { return }
                normalizer.normalize(base.assumingMemoryBound(to: UInt8.self), bytes.count)
            }
            counts.total += addWords(of: normalizer, entry.count, to: &counts.words)
        }
        counts.total += counts.words.entries.reduce(0) { $0 + $1.count }
        if counts.words.count > limit { throw .tooManyDistinctWords(limit: limit) }
        return counts
    }

    /// Adds a normalizer's words; returns how many are too long to be looked up.
    private func addWords(
        of normalizer: WordNormalizer, _ count: Int64, to table: inout ByteCountTable
    ) -> Int64 {
        var start = 0
        var tooLong: Int64 = 0
        normalizer.text.withUnsafeBytes { text in
            for end in normalizer.ends {
                if end < 0 {
                    tooLong += count
                } else {
                    let word = UnsafeRawBufferPointer(rebasing: text[start..<Int(end)])
                    table.add(word, count: count)
                    start = Int(end)
                }
            }
        }
        return tooLong
    }
}

/// Ranges to count and their results, shared by the workers.
private final class SharedRanges: Sendable {
    private struct State {
        var next = 0
        var partials: [WordCounting.Partial?]
        /// Error of the first range that failed: the same for any number of workers.
        var failure: (index: Int, error: WordPieceTrainerError)?
    }

    private let ranges: [TextRange]
    private let state: Mutex<State>

    init(_ ranges: [TextRange], workers: Int) {
        self.ranges = ranges
        state = Mutex(State(partials: Array(repeating: nil, count: workers)))
    }

    /// Returns the next range, unless one has failed.
    func take() -> (Int, TextRange)? {
        state.withLock { state in
            guard state.failure == nil, state.next < ranges.count else { return nil }
            state.next += 1
            return (state.next - 1, ranges[state.next - 1])
        }
    }

    func fail(_ index: Int, _ error: WordPieceTrainerError) {
        state.withLock { state in
            if state.failure.map({ index < $0.index }) ?? true { state.failure = (index, error) }
        }
    }

    func finish(_ worker: Int, _ partial: WordCounting.Partial) {
        state.withLock { $0.partials[worker] = partial }
    }

    func results() throws(WordPieceTrainerError) -> [WordCounting.Partial] {
        try state.withLock { state throws(WordPieceTrainerError) in
            if let failure = state.failure { throw failure.error }
            return state.partials.compactMap { $0 }
        }
    }
}
