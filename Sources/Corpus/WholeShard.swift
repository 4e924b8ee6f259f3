import DurableFiles

/// A shard of a corpus built by an earlier version. Its manifest only has the SHA-256 of the whole
/// file, so reading its first token requires reading all of it, unless it was verified before.
public struct WholeShard: Sendable {
    private let file: VerifiedFile
    private let sha256: String

    /// The path of the file.
    public var path: String { file.path }
    /// The size of the file.
    public var byteCount: Int { file.mapped.bytes.count }

    private static let pieceBytes = 1 << 20

    /// The shard in `file`; nil if it has hashes of blocks, or was already verified.
    init?(_ file: VerifiedFile) {
        guard let sha256 = file.unverifiedWhole else { return nil }
        (self.file, self.sha256) = (file, sha256)
    }

    /// Reads the whole file, and verifies it by its hash. Transient errors of the file system are
    /// retried, which the mapping used for samples cannot do.
    ///
    /// - Parameter proceed: called after each piece; false stops the reading.
    /// - Returns: false if `proceed` stopped it.
    /// - Throws: `CorpusError.damaged`, or `FileError` if it cannot be read.
    public func verify(proceed: () -> Bool) throws -> Bool {
        let input = try RandomAccessFile.open(path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.pieceBytes, alignment: 64)
        defer { buffer.deallocate() }
        var hash = SHA256()
        for start in stride(from: 0, to: byteCount, by: Self.pieceBytes) {
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<min(Self.pieceBytes, byteCount - start)])
            try input.read(piece, at: start)
            hash.update(UnsafeRawBufferPointer(piece))
            guard proceed() else { return false }
        }
        guard hash.finish().description == sha256 else {
            throw file.damage(in: 0..<byteCount)
        }
        return true
    }

    /// Marks the file as verified, because this or another process has verified it.
    public func trust() { file.trust() }
}

extension CorpusSource {
    /// Shards that are verified as a whole, and have not been verified yet.
    public var unverifiedWholeShards: [WholeShard] { maker.documents.unverifiedWholeShards }
}

extension DocumentStore {
    fileprivate var unverifiedWholeShards: [WholeShard] {
        shards.compactMap { $0.file.flatMap(WholeShard.init) }
    }
}
