import DurableFiles

/// Names that identify content: different contents have different names, wherever they are stored.
enum ContentName {
    /// Prefix of a digest, short enough for people to read.
    static func short(_ digest: String) -> String { "SHA-256 \(digest.prefix(16))" }

    static func of(_ bytes: [UInt8]) -> String { short(SHA256.digest(of: bytes).description) }

    /// Name of a file's content; follows symbolic links.
    static func ofFile(_ path: String) throws -> String {
        let real = Paths.resolved(path) ?? path
        return short(try SHA256.digest(ofFile: real).digest.description)
    }
}
