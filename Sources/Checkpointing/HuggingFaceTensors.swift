/// Tensors of a Hugging Face model under their modern names, with tied copies resolved.
struct HuggingFaceTensors: TensorSource, ~Copyable {
    let path: String
    let tensorNames: [String]
    private let files: [OpenFile]
    private let stored: [String: Place]

    /// One of the files, shared by its readers.
    private final class OpenFile {
        let tensors: SafetensorsFile
        init(_ path: String) throws { tensors = try SafetensorsFile.open(path) }
    }

    /// File of a tensor, and its name there.
    private struct Place {
        var file: Int
        var name: String
    }

    /// Opens the files of a model. Tied copies must equal their originals, because a model with an
    /// untied decoder is a different model, which must not be read as this one.
    static func open(_ found: TensorFiles) throws -> HuggingFaceTensors {
        let files = try found.paths.map(OpenFile.init)
        let places = try places(found, files)
        let path = found.owners == nil ? found.paths[0] : found.directory
        var stored: [String: Place] = [:]
        var copies: [(copy: Place, original: String)] = []
        let prefix = HuggingFaceNames.areBare(places.map(\.name)) ? "bert." : ""
        for place in places {
            switch HuggingFaceNames.meaning(of: prefix + place.name) {
            case .constant: continue
            case .copy(of: let original): copies.append((place, original))
            case .parameter(let modern):
                guard stored.updateValue(place, forKey: modern) == nil else {
                    throw CheckpointError(.badData, path, "has \(modern) under two names")
                }
            }
        }
        let tensors = HuggingFaceTensors(path: path, files: files, stored: stored)
        for (copy, original) in copies {
            if let place = stored[original] {
                try tensors.requireEqual(copy, place)
            } else {
                stored[original] = copy
            }
        }
        return HuggingFaceTensors(path: path, files: files, stored: stored)
    }

    /// All relevant tensors, sorted by name.
    private static func places(_ found: TensorFiles, _ files: [OpenFile]) throws -> [Place] {
        guard let owners = found.owners else {
            return files[0].tensors.tensorNames.map { Place(file: 0, name: $0) }
        }
        return try owners.sorted { $0.key < $1.key }.map { name, file in
            guard files[file].tensors.has(name) else {
                throw CheckpointError(
                    .badData, found.paths[file],
                    "lacks \(name), which \(TensorFiles.indexName) says is there")
            }
            return Place(file: file, name: name)
        }
    }

    private init(path: String, files: [OpenFile], stored: [String: Place]) {
        self.path = path
        self.files = files
        self.stored = stored
        tensorNames = stored.keys.sorted()
    }

    func shape(of name: String) throws -> [Int] {
        let place = try place(of: name)
        return try files[place.file].tensors.shape(of: place.name)
    }

    func read(_ name: String, into values: inout MutableSpan<Float>) throws {
        let place = try place(of: name)
        try files[place.file].tensors.read(place.name, into: &values)
    }

    private func place(of name: String) throws -> Place {
        guard let place = stored[name] else {
            throw CheckpointError(.badData, path, "has no tensor \(name)")
        }
        return place
    }

    private func requireEqual(_ copy: Place, _ original: Place) throws {
        let shape = try files[copy.file].tensors.shape(of: copy.name)
        guard try files[original.file].tensors.shape(of: original.name) == shape,
            try isEqual(copy, original, count: shape.reduce(1, *))
        else {
            throw CheckpointError(
                .badData, path,
                "\(copy.name) differs from \(original.name): models with an untied decoder are not"
                    + " supported")
        }
    }

    /// Compares in pieces: word embeddings are large.
    private func isEqual(_ first: Place, _ second: Place, count: Int) throws -> Bool {
        let piece = min(count, 1 << 16)
        let a = UnsafeMutableBufferPointer<Float>.allocate(capacity: piece)
        let b = UnsafeMutableBufferPointer<Float>.allocate(capacity: piece)
        defer {
            a.deallocate()
            b.deallocate()
        }
        for start in stride(from: 0, to: count, by: max(piece, 1)) {
            let size = min(piece, count - start)
            let (left, right) = (
                UnsafeMutableBufferPointer(rebasing: a[..<size]),
                UnsafeMutableBufferPointer(rebasing: b[..<size])
            )
            try files[first.file].tensors.read(first.name, from: start, into: left)
            try files[second.file].tensors.read(second.name, from: start, into: right)
            if !left.elementsEqual(right) { return false }
        }
        return true
    }
}
