import DurableFiles

/// Names for contents: different ones differ, wherever they lie.
enum ContentName {
    /// The start of a digest; people may have to read it.
    static func short(_ digest: String) -> String { "SHA-256 \(digest.prefix(16))" }

    static func of(_ bytes: [UInt8]) -> String { short(SHA256.digest(of: bytes).description) }

    /// Of a file, also behind a symbolic link.
    static func ofFile(_ path: String) throws -> String {
        let real = Paths.resolved(path) ?? path
        return short(try SHA256.digest(ofFile: real).digest.description)
    }
}
