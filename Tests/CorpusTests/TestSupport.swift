import Corpus
import DurableFiles
import Randomness
import Samples
import TemporaryDirectories
import Testing

/// A vocabulary of `count` ids: 0 [PAD], 1 [UNK], 2 [CLS], 3 [SEP], 4 [MASK], then words. If
/// `piecesFrom` is given, ids from there on are `##` pieces.
func testVocabulary(_ count: Int, piecesFrom first: Int = .max) -> MaskingVocabulary {
    MaskingVocabulary(
        classification: 2, separator: 3, mask: 4, isContinuation: (0..<count).map { $0 >= first })
}

/// Documents whose tokens identify the document: all tokens of document d are 5 + d.
func taggedDocuments(_ sentenceLengths: [[Int]]) -> [[[Int32]]] {
    sentenceLengths.enumerated().map { document, lengths in
        lengths.map { [Int32](repeating: Int32(5 + document), count: $0) }
    }
}

/// `count` documents of 1 to `sentences` sentences of 1 to `tokens` tokens.
func randomLengths(_ count: Int, sentences: Int, tokens: Int, seed: UInt64 = 1) -> [[Int]] {
    var generator = AddressedGenerator(
        RandomAddress(seed: seed, purpose: .synthetic, sample: count))
    return (0..<count).map { _ in
        (0..<generator.in(1...sentences)).map { _ in generator.in(1...tokens) }
    }
}

/// A source of documents in memory.
func source(
    _ documents: [[[Int32]]], vocabulary: MaskingVocabulary,
    settings: SampleSettings = SampleSettings(sequenceLength: 64), seed: UInt64 = 7,
    shards: Int = 1
) throws -> CorpusSource {
    let size = max(1, (documents.count + shards - 1) / shards)
    let parts = stride(from: 0, to: documents.count, by: size).map {
        Array(documents[$0..<min($0 + size, documents.count)])
    }
    return try CorpusSource(
        documents: DocumentStore(
            shards: parts.enumerated().map {
                try CorpusShard(path: "memory \($0)", documents: $1)
            }),
        vocabulary: vocabulary, settings: settings, seed: seed, dataDigest: "test", name: "test")
}

extension PretrainingSample {
    /// The tokens before masking.
    var originalTokens: [Int32] {
        var tokens = tokenIDs
        for (position, label) in zip(maskedPositions, maskedLabels) {
            tokens[Int(position)] = label
        }
        return tokens
    }
}

extension SampleSource {
    /// All samples of an epoch.
    func samples(epoch: Int = 0) throws -> [PretrainingSample] {
        try (0..<sampleCount(epoch: epoch)).map { try sample(epoch: epoch, index: $0) }
    }
}

/// Whether `count` of `trials` is within six standard deviations of the expected number.
func isLikely(_ count: Int, of trials: Int, probability: Double) -> Bool {
    let expected = Double(trials) * probability
    let deviation = (expected * (1 - probability)).squareRoot()
    return abs(Double(count) - expected) <= 6 * deviation
}

extension TemporaryDirectory {
    /// All files of a directory with their bytes.
    func contents(of name: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for entry in try Paths.names(in: file(name)) {
            files[entry] = try WholeFiles.read(
                Paths.join(file(name), entry), maximumByteCount: 1 << 30)
        }
        return files
    }
}

/// Text of the error that `body` throws, or nil if it throws none.
func errorText(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return "\(error)"
    }
}
