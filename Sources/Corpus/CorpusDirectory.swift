import DurableFiles
public import Tokenization

/// A directory made by `CorpusBuilder`: manifest, vocabulary and shards.
public struct CorpusDirectory: Sendable {
    /// Path of the directory.
    public let path: String
    /// The manifest's metadata.
    public let manifest: CorpusManifest
    /// Its vocabulary.
    public let vocabulary: Vocabulary
    /// SHA-256 (hexadecimal) of the manifest, and so of all files that it lists.
    public let digest: String

    /// The expected content of each shard file, from the manifest.
    private let contents: [String: ExpectedContent]

    /// Name of the vocabulary in the directory.
    static let vocabularyName = "vocab.txt"

    /// Opens a directory: reads manifest and vocabulary, and checks that all shards exist. `verify`
    /// checks their content.
    ///
    /// - Throws: `FileError`, `VocabularyError` or `CorpusError` naming the file and the fault.
    public init(path: String) throws {
        self.path = path
        try Self.checkPlace(path)
        let listed = try Manifest<CorpusManifest>.read(
            from: path, supportedVersion: CorpusManifest.newestFormatVersion)
        manifest = listed.metadata
        digest = try SHA256.digest(of: listed.json()).description
        let place = Paths.join(path, ManifestFile.name)
        guard manifest.kind == CorpusManifest.kind else {
            throw CorpusError.damaged(path: place, reason: "it is not the manifest of a corpus")
        }
        let vocabularyPath = Paths.join(path, Self.vocabularyName)
        vocabulary = try Vocabulary(contentsOf: vocabularyPath)
        let entry = listed.files.first { $0.path == Self.vocabularyName }
        let bytes = try WholeFiles.read(vocabularyPath, maximumByteCount: Vocabulary.maximumBytes)
        guard vocabulary.count == manifest.vocabularySize,
            entry?.sha256 == SHA256.digest(of: bytes).description
        else {
            throw CorpusError.damaged(
                path: vocabularyPath,
                reason: "it is not the vocabulary that the corpus was built with")
        }
        for split in CorpusSplit.allCases {
            try Self.check(shardsOf: split, counts: manifest[split], path, listed.files)
        }
        contents = try Self.contents(listed, place)
    }

    /// Throws if there is no corpus at the path.
    private static func checkPlace(_ path: String) throws(FileError) {
        let advice = "make one of text files with `bert corpus build`"
        switch try Paths.kind(of: path + "/.") {
        case .directory: break
        default:
            guard try Paths.kind(of: path) == .file else {
                throw FileError(.missing, path, "there is no such corpus directory; \(advice)")
            }
            throw FileError(
                .badData, path,
                "is a file, not a corpus directory; \(advice) (NVIDIA's files need data.format: "
                    + "nvidia_hdf5)")
        }
        guard try Paths.kind(of: Paths.join(path, ManifestFile.name)) != .missing else {
            throw FileError(
                .missing, path, "no corpus is here (no \(ManifestFile.name)); \(advice)")
        }
    }

    /// Hashes of all files except the vocabulary, the finest-grained first.
    private static func contents(
        _ listed: Manifest<CorpusManifest>, _ place: String
    ) throws(CorpusError) -> [String: ExpectedContent] {
        var contents: [String: ExpectedContent] = [:]
        for entry in listed.files where entry.path != vocabularyName {
            var hashes = ExpectedContent.Hashes.whole(sha256: entry.sha256)
            if let checksums = listed.metadata.checksums {
                hashes = .blocks(
                    try checksums.blocks(of: entry.path, bytes: entry.bytes, manifest: place),
                    blockBytes: checksums.blockBytes)
            }
            contents[entry.path] = ExpectedContent(bytes: entry.bytes, hashes: hashes)
        }
        return contents
    }

    /// Checks that the manifest lists every shard that the counts require, and that the shard
    /// exists.
    private static func check(
        shardsOf split: CorpusSplit, counts: CorpusManifest.Counts, _ path: String,
        _ files: [ManifestEntry]
    ) throws {
        let place = Paths.join(path, ManifestFile.name)
        guard (0...files.count).contains(counts.shards) else {
            throw CorpusError.damaged(
                path: place,
                reason: "it counts \(counts.shards) \(split.rawValue) shards, but lists "
                    + "\(files.count) files")
        }
        for index in 0..<counts.shards {
            let name = ShardFile.name(split, index, of: counts.shards)
            guard files.contains(where: { $0.path == name }) else {
                throw CorpusError.damaged(path: place, reason: "it does not list \(name)")
            }
            let shard = Paths.join(path, name)
            guard try Paths.exists(shard) else {
                throw FileError(
                    .missing, shard,
                    "is missing, though \(place) lists it; copy the corpus again, or build it anew")
            }
        }
    }

    /// Opens all shards of a split.
    ///
    /// - Throws: `HDF5Error`, `FileError` or `CorpusError` naming the file and the fault, also if
    ///   the shards' counts differ from the manifest.
    package func documents(of split: CorpusSplit) throws -> DocumentStore {
        let counts = manifest[split]
        let shards = try (0..<counts.shards).map { index in
            let name = ShardFile.name(split, index, of: counts.shards)
            guard let expected = contents[name] else {
                preconditionFailure("every shard was found in the manifest")
            }
            return try ShardFile.read(Paths.join(path, name), expected: expected)
        }
        let found = CorpusManifest.Counts(
            shards: shards.count, documents: shards.reduce(0) { $0 + $1.documentCount },
            sentences: shards.reduce(0) { $0 + $1.sentenceCount },
            tokens: shards.reduce(0) { $0 + $1.tokenCount })
        guard found == counts else {
            throw CorpusError.damaged(
                path: path,
                reason: "the \(split.rawValue) shards hold \(found.documents) documents, "
                    + "\(found.sentences) sentences and \(found.tokens) tokens, but the manifest "
                    + "says \(counts.documents), \(counts.sentences) and \(counts.tokens)")
        }
        return DocumentStore(shards: shards)
    }

    /// Verifies everything: every file's SHA-256, the structure of the shards and all token ids.
    ///
    /// - Returns: The fraction of `[UNK]`.
    /// - Throws: The first fault found.
    @discardableResult
    public func verify() throws -> UnknownTokens {
        try Manifest<CorpusManifest>.read(
            from: path, supportedVersion: CorpusManifest.newestFormatVersion
        ).verify(path)
        let unknown = try CorpusSplit.allCases.reduce(0) { sum, split in
            try sum
                + documents(of: split).checkTokens(
                    vocabularySize: vocabulary.count, counting: vocabulary.unkID)
        }
        if let counted = manifest.notes.unknownTokens, counted != unknown {
            throw CorpusError.damaged(
                path: Paths.join(path, ManifestFile.name),
                reason: "it counts \(counted) tokens that are [UNK], but the shards hold \(unknown)"
            )
        }
        return manifest.unknownTokens(unknown)
    }
}
