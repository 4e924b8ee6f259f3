import DurableFiles
import HDF5

/// One shard as an HDF5 file: three contiguous, uncompressed datasets, so that readers can map
/// them into memory and h5py opens them as arrays.
enum ShardFile {
    /// Flat ids of all tokens: uint16 for vocabularies of up to 65,536 entries, otherwise int32.
    static let tokens = "token_ids"
    /// First token of each sentence, and the end of the last one: int64.
    static let sentences = "sentence_offsets"
    /// First sentence of each document, and the end of the last one: int64.
    static let documents = "document_offsets"

    /// "train-00003-of-00012.h5".
    static func name(_ split: CorpusSplit, _ index: Int, of count: Int) -> String {
        "\(split.rawValue)-\(padded(index))-of-\(padded(count)).h5"
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    /// Writes a new shard file.
    static func write(_ shard: borrowing ShardBuffer, to path: String) throws {
        try File.create(path) { file in
            if shard.isNarrow {
                try file.writeDataset(tokens, shape: [shard.tokenCount], shard.narrowTokens.span)
            } else {
                try file.writeDataset(tokens, shape: [shard.tokenCount], shard.wideTokens.span)
            }
            try file.writeDataset(
                sentences, shape: [shard.sentenceOffsets.count], shard.sentenceOffsets.span)
            try file.writeDataset(
                documents, shape: [shard.documentOffsets.count], shard.documentOffsets.span)
        }
    }

    /// Opens a shard file and checks its structure, and the hashes of all blocks except those that
    /// contain only tokens, which are verified when first used.
    ///
    /// - Throws: `HDF5Error`, `FileError` or `CorpusError` naming the file and the fault.
    static func read(_ path: String, expected: ExpectedContent) throws -> CorpusShard {
        let mapped = try VerifiedFile(path: path, expected: expected)
        let file = try File.open(path)
        let dataset = try file.dataset(tokens)
        let ids: CorpusShard.Tokens
        switch try dataset.elementType() {
        case .uint16: ids = .narrow(try array(dataset, mapped))
        case .int32: ids = .wide(try array(dataset, mapped))
        case let type:
            throw CorpusError.damaged(
                path: path,
                reason: "\(tokens) holds \(type?.rawValue ?? "no numbers"), not uint16 or int32")
        }
        if mapped.hasBlocks {
            let all = mapped.mapped.bytes.indices
            let unused = ids.byteRange ?? all.upperBound..<all.upperBound
            try mapped.verify(all.lowerBound..<unused.lowerBound)
            try mapped.verify(unused.upperBound..<all.upperBound)
        }
        return try CorpusShard(
            path: path, tokens: ids, sentenceOffsets: array(try file.dataset(sentences), mapped),
            documentOffsets: array(try file.dataset(documents), mapped), file: mapped)
    }

    /// The dataset as a part of the mapped file, or as a copy if it is not aligned there. If it is
    /// stored in another way (chunked, compressed, another byte order), the whole file is verified
    /// before it is read into memory.
    private static func array<T: HDF5Element>(
        _ dataset: borrowing Dataset, _ file: VerifiedFile
    ) throws -> StoredArray<T> {
        let shape = try dataset.shape()
        guard shape.count == 1 else {
            throw CorpusError.damaged(
                path: dataset.place, reason: "it has the shape \(shape), not one dimension")
        }
        guard try dataset.elementType() == T.elementType else {
            throw CorpusError.damaged(
                path: dataset.place, reason: "it does not hold \(T.elementType.rawValue)")
        }
        if let offset = try dataset.mappableOffset(of: T.self),
            let array = StoredArray<T>(file, offset: offset, count: shape[0])
                ?? StoredArray<T>(copying: file, offset: offset, count: shape[0])
        {
            return array
        }
        try file.verify(file.mapped.bytes.indices)
        // Maximum content of the file, because deflate compresses by at most 1032 to 1.
        let limit = file.mapped.bytes.count * 1032 / MemoryLayout<T>.stride
        return StoredArray(try dataset.read(as: T.self, maximumCount: limit))
    }
}
