import DurableFiles

/// Hashes of the blocks of every shard, in the manifest. Readers verify each block when they first
/// use it.
public struct ShardChecksums: Codable, Sendable, Equatable {
    /// Hash function: "xxh64", with seed 0.
    public var algorithm = Self.algorithm
    /// Size of a block in bytes; the last one of a file may be smaller.
    public var blockBytes = Self.blockBytes
    /// Hashes of the blocks of each shard file, of 16 hexadecimal digits each.
    public var files: [String: String] = [:]

    static let algorithm = "xxh64"
    static let blockBytes = 1 << 20

    private enum CodingKeys: String, CodingKey {
        case algorithm
        case blockBytes = "block_bytes"
        case files
    }

    /// Hashes `names` in `directory`.
    init(of names: [String], in directory: String) throws(FileError) {
        for name in names {
            let file = try MappedFile(path: Paths.join(directory, name))
            var digits: [UInt8] = []
            for start in stride(from: 0, to: file.bytes.count, by: blockBytes) {
                let block = file.bytes[start..<min(start + blockBytes, file.bytes.count)]
                Self.append(XXH64.hash(UnsafeRawBufferPointer(rebasing: block)), to: &digits)
            }
            files[name] = String(decoding: digits, as: UTF8.self)
        }
    }

    /// Hashes of the blocks of a file of `bytes` bytes.
    ///
    /// - Parameter manifest: Path of the manifest, for errors.
    /// - Throws: `CorpusError.damaged` if they are missing, or if their number is not that of the
    ///   file's blocks.
    func blocks(of name: String, bytes: Int, manifest: String) throws(CorpusError) -> [UInt64] {
        guard algorithm == Self.algorithm, (1 << 12...1 << 30).contains(blockBytes) else {
            throw .damaged(
                path: manifest,
                reason: "it has checksums by \(algorithm) of blocks of \(blockBytes) bytes, which "
                    + "this version does not know")
        }
        let digits = Array((files[name] ?? "").utf8)
        let hashes = stride(from: 0, to: digits.count, by: 16).compactMap { start in
            UInt64(String(decoding: digits[start...].prefix(16), as: UTF8.self), radix: 16)
        }
        guard digits.count == 16 * hashes.count,
            hashes.count == bytes / blockBytes + (bytes % blockBytes).signum()
        else {
            throw .damaged(
                path: manifest,
                reason: "it has \(hashes.count) checksums of \(name), which has \(bytes) bytes")
        }
        return hashes
    }

    private static func append(_ hash: UInt64, to digits: inout [UInt8]) {
        let text = String(hash, radix: 16)
        digits += repeatElement(UInt8(ascii: "0"), count: 16 - text.utf8.count)
        digits += text.utf8
    }
}
