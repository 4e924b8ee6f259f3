import FileNames
import FoundationEssentials

/// Entry of one file in a directory's manifest.
public struct ManifestEntry: Codable, Sendable, Equatable {
    /// Path relative to the directory, with `/` between components.
    public var path: String
    /// Size in bytes.
    public var bytes: Int
    /// SHA-256 as 64 lower-case hexadecimal digits.
    public var sha256: String

    /// Makes an entry with these values.
    public init(path: String, bytes: Int, sha256: String) {
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
    }

    /// Describes an existing file of a directory: reads it and hashes it.
    public init(describing path: String, in directory: String) throws(FileError) {
        let (bytes, digest) = try SHA256.digest(ofFile: Paths.join(directory, path))
        self.init(path: path, bytes: bytes, sha256: digest.description)
    }
}

/// List of a directory's files with sizes and SHA-256, and its owner's metadata. It is stored as
/// `manifest.json`, which is written last, so that a directory with a manifest is complete.
public struct Manifest<Metadata: Codable & Sendable>: Codable, Sendable {
    /// Version of the directory's format; readers reject unknown versions.
    public var formatVersion: Int
    /// All files except the manifest, sorted by path.
    public var files: [ManifestEntry]
    /// The owner's own fields.
    public var metadata: Metadata

    /// Makes a manifest with these values.
    public init(formatVersion: Int, files: [ManifestEntry], metadata: Metadata) {
        self.formatVersion = formatVersion
        self.files = files
        self.metadata = metadata
    }

    private enum CodingKeys: String, CodingKey {
        case formatVersion = "format_version"
        case files
        case metadata
    }

    /// JSON with sorted keys, so that equal manifests have equal bytes.
    public func json() throws(FileError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw FileError(.badData, ManifestFile.name, "cannot be encoded: \(error)")
        }
    }

    /// Lists and hashes all files of a directory.
    public static func describing(
        _ directory: String, formatVersion: Int, metadata: Metadata
    ) throws(FileError) -> Manifest {
        var files: [ManifestEntry] = []
        for path in try ManifestFile.paths(in: directory) {
            files.append(try ManifestEntry(describing: path, in: directory))
        }
        return Manifest(formatVersion: formatVersion, files: files, metadata: metadata)
    }

    /// Reads a directory's manifest and checks its form; `verify` checks the files.
    /// - Parameter supportedVersion: newest format version that the caller supports.
    public static func read(
        from directory: String, supportedVersion: Int
    ) throws(FileError) -> Manifest {
        let path = Paths.join(directory, ManifestFile.name)
        let bytes = try WholeFiles.read(path, maximumByteCount: ManifestFile.maximumByteCount)
        let version = try decode(ManifestFile.Version.self, bytes, path).formatVersion
        guard (1...supportedVersion).contains(version) else {
            throw FileError(
                .badData, path,
                "has format version \(version); this program reads up to \(supportedVersion)")
        }
        let manifest = try decode(Manifest.self, bytes, path)
        try ManifestFile.check(manifest.files, path)
        return manifest
    }

    private static func decode<T: Decodable>(
        _ type: T.Type, _ bytes: [UInt8], _ path: String
    ) throws(FileError) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw FileError(.badData, path, "is no manifest: \(ManifestFile.explain(error))")
        }
    }

    /// Throws for the first difference between a directory and this manifest.
    public func verify(_ directory: String) throws(FileError) {
        let listed = Set(files.map { FileName.bytes(of: $0.path) })
        for path in try ManifestFile.paths(in: directory) {
            try ManifestFile.requireListed(path, in: listed, directory)
        }
        for entry in files { try ManifestFile.verify(entry, in: directory) }
    }

    /// Throws unless a directory contains exactly these files, in their sizes.
    func verifySizes(_ directory: String) throws(FileError) {
        let listed = Set(files.map { FileName.bytes(of: $0.path) })
        for path in try ManifestFile.paths(in: directory) {
            try ManifestFile.requireListed(path, in: listed, directory)
        }
        for entry in files {
            try ManifestFile.verifySize(entry, of: Paths.join(directory, entry.path))
        }
    }
}
