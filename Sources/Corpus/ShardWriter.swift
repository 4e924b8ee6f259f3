import DurableFiles
import FileNames
import Glibc

/// Writes the documents of one split to shard files. A shard is full if the next document would
/// exceed its number of tokens, so every build cuts shards at the same documents.
struct ShardWriter {
    private let split: CorpusSplit
    private let directory: String
    private let shardTokens: Int
    private var buffer: ShardBuffer
    private(set) var counts = CorpusManifest.Counts()

    init(split: CorpusSplit, directory: String, vocabularySize: Int, shardTokens: Int) {
        self.split = split
        self.directory = directory
        self.shardTokens = shardTokens
        buffer = ShardBuffer(vocabularySize: vocabularySize)
    }

    /// Adds a document whose sentences end at `sentenceEnds` in `tokens`.
    mutating func append(_ tokens: [Int32], sentenceEnds: [Int]) throws {
        if buffer.documentCount > 0 && buffer.tokenCount + tokens.count > shardTokens {
            try flush()
        }
        buffer.append(tokens, sentenceEnds: sentenceEnds)
        counts.documents += 1
        counts.sentences += sentenceEnds.count
        counts.tokens += tokens.count
    }

    /// Writes the last shard, and renames all to their final names, now that their number is known.
    mutating func finish() throws {
        if buffer.documentCount > 0 { try flush() }
        for (index, name) in names.enumerated() {
            let (pending, path) = (pendingPath(index), Paths.join(directory, name))
            guard withSystemPaths(pending, path, { rename($0, $1) }) == 0 else {
                throw systemError(pending, "rename it to \(name)")
            }
        }
    }

    /// Names of all shards, once they are written.
    var names: [String] {
        (0..<counts.shards).map { ShardFile.name(split, $0, of: counts.shards) }
    }

    private mutating func flush() throws {
        try ShardFile.write(buffer, to: pendingPath(counts.shards))
        counts.shards += 1
        buffer.removeAll()
    }

    private func pendingPath(_ index: Int) -> String {
        Paths.join(directory, "\(split.rawValue)-\(index).pending")
    }
}
