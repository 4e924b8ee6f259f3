import DurableFiles
import FoundationEssentials

/// Manifests of mutated directories.
enum ManifestFiles {
    /// Updates sizes and checksums of the other files in `manifest.json`, if it can still be read,
    /// and applies `adjust`.
    static func update<Metadata: Codable & Sendable>(
        _ input: inout FuzzInput, _ metadata: Metadata.Type,
        adjust: (inout Metadata) -> Void = { _ in }
    ) {
        guard let place = input.files.firstIndex(where: { $0.name == ManifestFile.name }),
            var manifest = try? JSONDecoder().decode(
                Manifest<Metadata>.self, from: Data(input.files[place].bytes))
        else { return }
        for index in manifest.files.indices {
            let path = manifest.files[index].path
            guard let file = input.files.first(where: { $0.name == path }) else { continue }
            manifest.files[index].bytes = file.bytes.count
            manifest.files[index].sha256 = SHA256.digest(of: file.bytes).description
        }
        adjust(&manifest.metadata)
        if let bytes = try? manifest.json() { input.files[place].bytes = bytes }
    }
}
