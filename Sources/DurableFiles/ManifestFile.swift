import FileNames

/// Common part of `manifest.json`, without its owner's metadata.
public enum ManifestFile {
    /// The manifest's name in its directory.
    public static let name = "manifest.json"
    /// Maximum size of a manifest.
    static let maximumByteCount = 64 << 20

    struct Version: Decodable {
        var formatVersion: Int
        enum CodingKeys: String, CodingKey { case formatVersion = "format_version" }
    }

    /// All plain files below a directory, relative and sorted, without the manifest. Files that NFS
    /// keeps for a deleted but open file (`.nfs…`) are ignored.
    static func paths(in directory: String, below prefix: String = "") throws(FileError) -> [String]
    {
        var paths: [String] = []
        for name in try Paths.names(in: Paths.join(directory, prefix)) where !name.hasPrefix(".nfs")
        {
            let relative = prefix.isEmpty ? name : "\(prefix)/\(name)"
            let path = Paths.join(directory, relative)
            switch try Paths.kind(of: path) {
            case .directory: paths += try self.paths(in: directory, below: relative)
            case .file: if relative != self.name { paths.append(relative) }
            case .missing: continue
            case .symbolicLink, .other:
                throw FileError(
                    .badData, path, "is a symbolic link or special file; only plain files count")
            }
        }
        return paths
    }

    /// Throws unless all entries are safe and unique.
    static func check(_ files: [ManifestEntry], _ manifest: String) throws(FileError) {
        var seen: Set<[UInt8]> = []
        var total = 0
        for entry in files {
            let isHex =
                entry.sha256.utf8.count == 64
                && entry.sha256.utf8.allSatisfy {
                    (48...57).contains($0) || (97...102).contains($0)
                }
            guard isSafe(entry.path) else {
                throw FileError(
                    .badData, manifest, "names \"\(entry.path)\", which leads out of the directory")
            }
            let (sum, overflow) = total.addingReportingOverflow(entry.bytes)
            total = sum
            guard entry.bytes >= 0, !overflow, isHex else {
                throw FileError(
                    .badData, manifest, "has a malformed size or SHA-256 for \(entry.path)")
            }
            guard seen.insert(FileName.bytes(of: entry.path)).inserted, entry.path != name else {
                throw FileError(.badData, manifest, "names \(entry.path) twice")
            }
        }
    }

    /// Whether a path stays inside its directory: relative, without empty, `.` and `..` components.
    static func isSafe(_ path: String) -> Bool {
        !path.utf8.contains(0)
            && Paths.components(of: path).allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    /// Throws unless a file is among `listed`, compared as bytes, because `String` equality uses
    /// canonical equivalence.
    static func requireListed(
        _ path: String, in listed: Set<[UInt8]>, _ directory: String
    ) throws(FileError) {
        guard !listed.contains(FileName.bytes(of: path)) else { return }
        throw FileError(
            .badData, Paths.join(directory, path), "is not in the manifest of its directory")
    }

    /// Throws unless the file exists with that size and SHA-256.
    static func verify(_ entry: ManifestEntry, in directory: String) throws(FileError) {
        var path = directory
        let steps = Paths.components(of: entry.path)
        for (index, step) in steps.enumerated() {
            path = Paths.join(path, step)
            let kind = try Paths.kind(of: path)
            guard kind != .missing else {
                throw FileError(
                    .missing, Paths.join(directory, entry.path),
                    "is missing, though the manifest lists it")
            }
            guard kind == (index == steps.count - 1 ? .file : .directory) else {
                throw FileError(
                    .badData, path, "is a symbolic link or special file; only plain files count")
            }
        }
        try verifySize(entry, of: path)
        let digest = try SHA256.digest(ofFile: path).digest.description
        guard digest == entry.sha256 else {
            throw FileError(
                .badData, path,
                "is damaged: its SHA-256 is \(digest), the manifest says \(entry.sha256)")
        }
    }

    /// Throws unless the file at `path` exists with the entry's size.
    static func verifySize(_ entry: ManifestEntry, of path: String) throws(FileError) {
        guard let bytes = try Paths.status(of: path)?.bytes else {
            throw FileError(.missing, path, "is missing, though the manifest lists it")
        }
        guard bytes == entry.bytes else {
            throw FileError(
                .badData, path,
                "has \(bytes) bytes instead of the \(entry.bytes) of the manifest")
        }
    }

    /// Short description of a decoding error.
    package static func explain(_ error: any Error) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "it" : path
        }
        return switch error {
        case DecodingError.keyNotFound(let key, _): "the key \"\(key.stringValue)\" is missing"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            "\(place(context)) has the wrong type"
        case DecodingError.dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it is no JSON, or holds a number that is out of range"
                : "\(place(context)) is out of range"
        default: "\(error)"
        }
    }
}
