import DurableFiles
import Samples

/// Distributes encoded documents, in the order of the text, to the shards of their splits.
struct CorpusAssembly {
    private var writers: [CorpusSplit: ShardWriter] = [:]
    private var chooser: SplitChooser
    private var seen: Set<UInt64> = []
    private let removesDuplicates: Bool
    private var documentCount = 0
    var notes = BuildNotes()

    init(directory: String, vocabularySize: Int, options: CorpusBuilder.Options) {
        for split in CorpusSplit.allCases {
            writers[split] = ShardWriter(
                split: split, directory: directory, vocabularySize: vocabularySize,
                shardTokens: options.shardTokens)
        }
        chooser = SplitChooser(share: options.heldoutShare)
        removesDuplicates = options.removesDuplicates
        notes.removedDuplicates = options.removesDuplicates
        notes.unknownTokens = 0
    }

    /// Counts of the training split.
    var train: CorpusManifest.Counts { writers[.train]?.counts ?? CorpusManifest.Counts() }

    /// Adds the documents of a chunk.
    mutating func append(_ chunk: EncodedChunk) throws {
        notes.textBytes += chunk.notes.textBytes
        notes.emptyDocuments += chunk.notes.emptyDocuments
        notes.cutSentences += chunk.notes.cutSentences
        notes.replacedBytes += chunk.notes.replacedBytes
        var (token, sentence) = (0, 0)
        for document in chunk.documents {
            defer { (token, sentence) = (document.tokenEnd, document.sentenceEnd) }
            if !seen.insert(document.key.identity).inserted {
                notes.duplicateDocuments += 1
                if removesDuplicates { continue }
            }
            documentCount += 1
            notes.unknownTokens? += document.unknownTokens
            let encoded = EncodedDocument(
                tokens: Array(chunk.tokens[token..<document.tokenEnd]),
                sentenceEnds: chunk.sentenceEnds[sentence..<document.sentenceEnd].map {
                    $0 - token
                },
                key: document.key)
            try write(chooser.route(encoded))
        }
    }

    /// Writes the remaining documents.
    mutating func finish() throws {
        try write(chooser.finish(count: documentCount))
        for split in CorpusSplit.allCases { try writers[split]?.finish() }
    }

    /// `manifest` with the counts and checksums of the files written to `directory`.
    func manifest(
        _ manifest: CorpusManifest, directory: String
    ) throws(FileError) -> CorpusManifest {
        var manifest = manifest
        for split in CorpusSplit.allCases {
            manifest[split] = writers[split]?.counts ?? CorpusManifest.Counts()
        }
        manifest.notes = notes
        manifest.checksums = try ShardChecksums(
            of: CorpusSplit.allCases.flatMap { writers[$0]?.names ?? [] }, in: directory)
        return manifest
    }

    private mutating func write(_ documents: [(CorpusSplit, EncodedDocument)]) throws {
        for (split, document) in documents {
            try writers[split]?.append(document.tokens, sentenceEnds: document.sentenceEnds)
        }
    }
}
