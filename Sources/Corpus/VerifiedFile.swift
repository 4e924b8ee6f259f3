import DurableFiles
import Synchronization

/// Expected content of a shard file.
struct ExpectedContent: Sendable {
    /// Hashes of a shard file.
    enum Hashes: Sendable {
        /// XXH64 of each block of `blockBytes` bytes.
        case blocks([UInt64], blockBytes: Int)
        /// SHA-256 of the whole file, the only hash in corpora of earlier versions.
        case whole(sha256: String)
    }

    var bytes: Int
    var hashes: Hashes
}

/// A mapped file whose bytes are verified by their hashes before they are first used: a block at a
/// time, once per process. Any number of threads may call it concurrently.
final class VerifiedFile: Sendable {
    /// The file's bytes; those not yet passed to `verify` may be damaged.
    let mapped: MappedFile
    let path: String
    private let hashes: ExpectedContent.Hashes
    private let blockBytes: Int
    private let isVerified: BlockFlags
    /// Held by the thread that hashes, so that the others wait instead of hashing the same block.
    private let hashing = Mutex<Void>(())

    /// Maps the file at `path`.
    ///
    /// - Throws: `FileError`, or `CorpusError.damaged` if its size differs from the expected one.
    init(path: String, expected: ExpectedContent) throws {
        self.path = path
        mapped = try MappedFile(path: path)
        hashes = expected.hashes
        let size = mapped.bytes.count
        guard size == expected.bytes else {
            throw CorpusError.damaged(
                path: path,
                reason: "it has \(size) bytes instead of the \(expected.bytes) of the manifest: "
                    + Self.advice)
        }
        switch hashes {
        case .blocks(let blocks, let blockBytes):
            self.blockBytes = blockBytes
            isVerified = BlockFlags(count: blocks.count)
        case .whole:
            blockBytes = max(1, size)
            isVerified = BlockFlags(count: 1)
        }
    }

    /// Whether parts can be verified separately.
    var hasBlocks: Bool {
        if case .blocks = hashes { true } else { false }
    }

    /// SHA-256 of the whole file, if that is its only hash and it has not been verified yet.
    var unverifiedWhole: String? {
        guard case .whole(let sha256) = hashes, !mapped.bytes.isEmpty, !isVerified[0] else {
            return nil
        }
        return sha256
    }

    /// Marks all bytes as verified.
    func trust() {
        for block in 0..<isVerified.count { isVerified.set(block) }
    }

    /// Throws `CorpusError.damaged` if the bytes of `range`, or others of the same blocks, have
    /// changed since the corpus was built.
    ///
    /// - Precondition: `range` is within the file.
    func verify(_ range: Range<Int>) throws(CorpusError) {
        guard !range.isEmpty else { return }
        for block in range.lowerBound / blockBytes...(range.upperBound - 1) / blockBytes
        where !isVerified[block] {
            try hashing.withLock { _ throws(CorpusError) in
                if !isVerified[block] { try check(block) }
            }
            isVerified.set(block)
        }
    }

    private func check(_ block: Int) throws(CorpusError) {
        let start = block * blockBytes
        let end = min(start + blockBytes, mapped.bytes.count)
        let bytes = UnsafeRawBufferPointer(rebasing: mapped.bytes[start..<end])
        let isGood =
            switch hashes {
            case .blocks(let expected, _): XXH64.hash(bytes) == expected[block]
            case .whole(let sha256): SHA256.digest(of: bytes).description == sha256
            }
        guard isGood else { throw damage(in: start..<end) }
    }

    /// Error for bytes of `range` that do not match their hash.
    func damage(in range: Range<Int>) -> CorpusError {
        .damaged(
            path: path,
            reason: "bytes \(range.lowerBound) to \(range.upperBound - 1) do not have the checksum "
                + "of the manifest: \(Self.advice)")
    }

    private static let advice =
        "the file is damaged, or was changed after the corpus was built; check the directory with "
        + "`bert corpus verify`, and copy the corpus again or build it anew"
}

/// A flag per block, which threads set and read without a lock.
private final class BlockFlags: @unchecked Sendable {
    // Unchecked: the pointer never changes, and its target is atomic.
    private let flags: UnsafeMutablePointer<Atomic<Bool>>
    let count: Int

    init(count: Int) {
        self.count = count
        flags = .allocate(capacity: count)
        for index in 0..<count { (flags + index).initialize(to: Atomic(false)) }
    }

    deinit {
        flags.deinitialize(count: count)
        flags.deallocate()
    }

    subscript(index: Int) -> Bool { flags[index].load(ordering: .relaxed) }

    func set(_ index: Int) { flags[index].store(true, ordering: .relaxed) }
}
