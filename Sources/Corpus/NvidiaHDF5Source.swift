import Randomness
public import Samples
import Synchronization

/// Samples stored in HDF5 files by NVIDIA's `create_pretraining_data.py`, with the masks in the
/// files.
///
/// Sequential order reads the rows as stored, one file after another. Shuffled order visits blocks
/// of consecutive rows in a random order, and the rows of each block in a random order. The files
/// are compressed, so reading single rows from all over them would be slow; and their writer has
/// already shuffled the rows.
public final class NvidiaHDF5Source: SampleSource {
    /// Number of token ids, as given by the caller.
    public let vocabularySize: Int
    /// Width of the widest file, in tokens.
    public let maximumLength: Int
    /// SHA-256 of names, sizes and content of the files (pieces of large ones), the order and the
    /// seed.
    public let fingerprint: String
    /// Fingerprints by earlier versions, which hashed only the edges of files.
    public let earlierFingerprints: [String]
    /// None, because rows do not identify their documents.
    public var corpora: [SourceCorpus] { [] }

    private let blocks: [Block]
    private let rowCount: Int
    private let order: SampleOrder
    private let seed: UInt64
    private let cache = Mutex(Cache())

    /// Consecutive rows of one file.
    private struct Block: Sendable {
        var file: NvidiaFile
        var rows: Range<Int>
    }

    /// Order of blocks in one epoch.
    private struct Plan: Sendable {
        var epoch: Int
        /// Blocks in order.
        var blocks: [Int]
        /// Number of rows before each of `blocks`.
        var firstPlaces: [Int]
    }

    /// Most recent results; dropping them only costs time.
    private struct Cache {
        var plans: [Plan] = []
        var rows: [(block: Int, rows: NvidiaRows)] = []
        static let planCount = 2
        static let blockCount = 3
    }

    /// Opens the samples of `paths`: files, or directories, whose `.h5` and `.hdf5` files are read
    /// in the order of their names.
    ///
    /// - Parameters:
    ///   - vocabularySize: Ids at or above it are rejected when their row is read.
    ///   - order: Order of rows in an epoch.
    ///   - seed: Seed of that order.
    ///   - blockTokens: Number of tokens in a block of rows, the unit of reading and, in shuffled
    ///     order, of mixing. Three blocks are in memory, at about 6 bytes per token.
    /// - Throws: `CorpusError`, `HDF5Error` or `FileError` naming the file and the fault.
    public init(
        paths: [String], vocabularySize: Int, order: SampleOrder, seed: UInt64,
        blockTokens: Int = 1 << 22
    ) throws {
        let files = try NvidiaFile.list(paths)
        blocks = files.flatMap { file in
            let size = max(1, blockTokens / max(file.length, file.predictions))
            return stride(from: 0, to: file.rows, by: size).map { start in
                Block(file: file, rows: start..<min(start + size, file.rows))
            }
        }
        rowCount = files.reduce(0) { $0 + $1.rows }
        guard rowCount > 0 else {
            throw CorpusError.noText("\(paths.joined(separator: ", ")): the files hold no rows")
        }
        self.vocabularySize = vocabularySize
        self.order = order
        self.seed = seed
        maximumLength = files.reduce(0) { max($0, $1.length) }
        let digests = try files.map { try NvidiaFile.Digest(of: $0.path) }
        let settings = "order=\(order.rawValue) seed=\(seed) block=\(blockTokens) "
        fingerprint = sha256Hex(
            "nvidia_hdf5 3 " + settings + digests.map(\.current).joined(separator: "\n"))
        earlierFingerprints = [
            sha256Hex("nvidia_hdf5 2 " + settings + digests.map(\.earlier).joined(separator: "\n"))
        ]
    }

    /// Number of rows, the same in every epoch.
    public func sampleCount(epoch: Int) -> Int { rowCount }

    /// The row at index `index` of epoch `epoch`.
    public func sample(epoch: Int, index: Int) throws -> PretrainingSample {
        precondition(index >= 0 && index < rowCount, "sample index out of range")
        let (rows, row) = try cache.withLock { cache in
            let plan = plan(epoch, &cache)
            let place = lastIndex(in: plan.firstPlaces, notAbove: index)
            let block = plan.blocks[place]
            let row = self.row(of: index - plan.firstPlaces[place], in: block, epoch: epoch)
            return (try load(block, &cache), row)
        }
        return try rows.sample(
            row: row, identity: SampleIdentity(epoch: epoch, index: index),
            vocabularySize: vocabularySize)
    }

    private func row(of place: Int, in block: Int, epoch: Int) -> Int {
        let rows = blocks[block].rows
        guard order == .shuffled else { return rows.lowerBound + place }
        // Without a seed of their own, blocks of the same size would share one order.
        let blockSeed = seed &+ UInt64(block + 1) &* 0x9E37_79B9_7F4A_7C15
        let permutation = IndexPermutation(
            count: rows.count, seed: blockSeed, purpose: .sampleOrder, epoch: epoch)
        return rows.lowerBound + permutation[place]
    }

    private func plan(_ epoch: Int, _ cache: inout Cache) -> Plan {
        // In file order all epochs are the same.
        let epoch = order == .sequential ? 0 : epoch
        if let plan = cache.plans.first(where: { $0.epoch == epoch }) { return plan }
        let permutation = IndexPermutation(
            count: blocks.count, seed: seed, purpose: .sampleOrder, epoch: epoch)
        let ordered = blocks.indices.map { order == .sequential ? $0 : permutation[$0] }
        var sum = 0
        let firstPlaces = ordered.map { block in
            defer { sum += blocks[block].rows.count }
            return sum
        }
        let plan = Plan(epoch: epoch, blocks: ordered, firstPlaces: firstPlaces)
        if cache.plans.count == Cache.planCount { cache.plans.removeFirst() }
        cache.plans.append(plan)
        return plan
    }

    private func load(_ block: Int, _ cache: inout Cache) throws -> NvidiaRows {
        if let known = cache.rows.first(where: { $0.block == block }) { return known.rows }
        let rows = try NvidiaRows(blocks[block].file, rows: blocks[block].rows)
        if cache.rows.count == Cache.blockCount { cache.rows.removeFirst() }
        cache.rows.append((block, rows))
        return rows
    }
}
