import DurableFiles

/// Writes a safetensors file of fp32 tensors sequentially.
struct SafetensorsWriter: ~Copyable {
    private let file: SequentialFile
    private let names: [String]
    private var written = 0

    /// Starts the file: the header names all tensors, with metadata `format` = `pt`, because
    /// Hugging Face rejects files without it.
    /// - Parameter tensors: in the order in which they will be appended.
    static func create(
        _ path: String, _ tensors: [(name: String, shape: [Int])]
    ) throws -> SafetensorsWriter {
        let file = try SequentialFile.create(path)
        var json = "{\"__metadata__\":{\"format\":\"pt\"}"
        var end = 0
        for (name, shape) in tensors {
            guard !name.utf8.contains(where: { $0 < 32 || $0 == 34 || $0 == 92 }) else {
                throw CheckpointError(.badData, path, "would need a tensor called \(name)")
            }
            let start = end
            end += shape.reduce(4, *)
            let sizes = shape.map(String.init).joined(separator: ",")
            json += ",\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(sizes)],"
            json += "\"data_offsets\":[\(start),\(end)]}"
        }
        json += "}"
        // Aligns the data to 8 bytes, as the reference implementation does.
        while json.utf8.count % 8 != 0 { json += " " }
        let length = UInt64(json.utf8.count)
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
        try (prefix + Array(json.utf8)).withUnsafeBytes { try file.write($0) }
        return SafetensorsWriter(file: file, names: tensors.map(\.name))
    }

    private init(file: consuming SequentialFile, names: [String]) {
        self.file = file
        self.names = names
    }

    /// Appends the next tensor.
    mutating func append(_ name: String, _ values: Span<Float>) throws {
        precondition(names[written] == name, "tensors come in the order of the header")
        written += 1
        try values.withUnsafeBytes { try file.write($0) }
    }

    /// Syncs and closes; all tensors must have been appended.
    consuming func close() throws {
        precondition(written == names.count, "all tensors are written")
        try file.close()
    }
}
