/// The tensors of a Hugging Face model under their modern names, tied copies resolved.
struct HuggingFaceTensors: TensorSource, ~Copyable {
    let path: String
    let tensorNames: [String]
    private let file: SafetensorsFile
    private let stored: [String: String]

    /// Opens a safetensors file. Tied copies must equal their originals: an untied decoder is
    /// another model, which must not be read as if it were this one.
    static func open(_ path: String) throws -> HuggingFaceTensors {
        let file = try SafetensorsFile.open(path)
        var stored: [String: String] = [:]
        var copies: [(copy: String, original: String)] = []
        let prefix = HuggingFaceNames.areBare(file.tensorNames) ? "bert." : ""
        for name in file.tensorNames {
            switch HuggingFaceNames.meaning(of: prefix + name) {
            case .constant: continue
            case .copy(of: let original): copies.append((name, original))
            case .parameter(let modern):
                guard stored.updateValue(name, forKey: modern) == nil else {
                    throw CheckpointError(.badData, path, "has \(modern) under two names")
                }
            }
        }
        for (copy, original) in copies {
            if let name = stored[original] {
                try requireEqual(file, copy, name)
            } else {
                stored[original] = copy
            }
        }
        return HuggingFaceTensors(path: path, file: file, stored: stored)
    }

    private init(path: String, file: consuming SafetensorsFile, stored: [String: String]) {
        self.path = path
        self.file = file
        self.stored = stored
        tensorNames = stored.keys.sorted()
    }

    func shape(of name: String) throws -> [Int] { try file.shape(of: stored[name] ?? name) }

    func read(_ name: String, into values: inout MutableSpan<Float>) throws {
        try file.read(stored[name] ?? name, into: &values)
    }

    private static func requireEqual(
        _ file: borrowing SafetensorsFile, _ copy: String, _ original: String
    ) throws {
        let shape = try file.shape(of: copy)
        guard try file.shape(of: original) == shape,
            try isEqual(file, copy, original, count: shape.reduce(1, *))
        else {
            throw CheckpointError(
                .badData, file.path,
                "\(copy) differs from \(original): models with an untied decoder are not supported")
        }
    }

    /// Compares in pieces: word embeddings are large.
    private static func isEqual(
        _ file: borrowing SafetensorsFile, _ first: String, _ second: String, count: Int
    ) throws -> Bool {
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
            try file.read(first, from: start, into: left)
            try file.read(second, from: start, into: right)
            if !left.elementsEqual(right) { return false }
        }
        return true
    }
}
