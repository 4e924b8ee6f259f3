import DurableFiles

/// A safetensors file, open for reading. Tensors in F32, F16 and BF16 are read as fp32.
public struct SafetensorsFile: TensorSource, ~Copyable {
    /// Path of the file.
    public let path: String
    /// Names of all tensors, sorted.
    public let tensorNames: [String]
    /// Free-form metadata of the header, such as `format` = `pt`.
    public let metadata: [String: String]
    private let header: SafetensorsHeader
    private let dataStart: Int
    private let file: RandomAccessFile

    /// Opens a file and checks its header.
    public static func open(_ path: String) throws -> SafetensorsFile {
        let file = try RandomAccessFile.open(path)
        let size = try file.byteCount()
        guard size >= 8 else {
            throw CheckpointError(.badData, path, "has \(size) bytes: no safetensors file")
        }
        var prefix = [UInt8](repeating: 0, count: 8)
        try prefix.withUnsafeMutableBytes { try file.read($0, at: 0) }
        let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(min(size - 8, SafetensorsHeader.maximumByteCount)) else {
            throw CheckpointError(
                .badData, path,
                "promises a header of \(length) bytes, the file has \(size): it is cut off or no"
                    + " safetensors file")
        }
        var json = [UInt8](repeating: 0, count: Int(length))
        try json.withUnsafeMutableBytes { try file.read($0, at: 8) }
        let start = 8 + json.count
        let header = try SafetensorsHeader(json: json, dataByteCount: size - start, path: path)
        return SafetensorsFile(path: path, header: header, dataStart: start, file: file)
    }

    private init(
        path: String, header: SafetensorsHeader, dataStart: Int, file: consuming RandomAccessFile
    ) {
        self.path = path
        self.header = header
        self.dataStart = dataStart
        self.file = file
        metadata = header.metadata
        tensorNames = header.tensors.keys.sorted()
    }

    /// Whether the file contains a tensor of that name.
    func has(_ name: String) -> Bool { header.tensors[name] != nil }

    /// Sizes of one tensor.
    public func shape(of name: String) throws -> [Int] { try entry(name).shape }

    /// Reads one tensor, converted to fp32.
    public func read(_ name: String, into values: inout MutableSpan<Float>) throws {
        let shape = try shape(of: name)
        guard values.count == shape.reduce(1, *) else {
            throw CheckpointError(
                .badData, path, "\(name) has shape \(shape), not \(values.count) numbers")
        }
        try values.withUnsafeMutableBufferPointer { try read(name, from: 0, into: $0) }
    }

    /// Reads elements of one tensor, starting at index `first`.
    func read(
        _ name: String, from first: Int, into values: UnsafeMutableBufferPointer<Float>
    ) throws {
        let entry = try entry(name)
        let start = dataStart + entry.range.lowerBound
        switch entry.dtype {
        case "F32": try readFloats(values, at: start + first * 4)
        case "F16":
            try convert(values, at: start + first * 2) { Float(Float16(bitPattern: $0)) }
        case "BF16":
            try convert(values, at: start + first * 2) { Float(bitPattern: UInt32($0) << 16) }
        default:
            throw CheckpointError(
                .badData, path, "\(name) is \(entry.dtype); F32, F16 and BF16 are read")
        }
    }

    private func entry(_ name: String) throws -> SafetensorsHeader.Entry {
        guard let entry = header.tensors[name] else {
            throw CheckpointError(.badData, path, "has no tensor \(name)")
        }
        return entry
    }

    private func readFloats(_ values: UnsafeMutableBufferPointer<Float>, at start: Int) throws {
        try file.read(UnsafeMutableRawBufferPointer(values), at: start)
        // The file is little-endian, like all processors that this is built for.
        for index in values.indices {
            values[index] = Float(bitPattern: UInt32(littleEndian: values[index].bitPattern))
        }
    }

    /// Reads 16-bit numbers in pieces and converts them.
    private func convert(
        _ values: UnsafeMutableBufferPointer<Float>, at start: Int, _ convert: (UInt16) -> Float
    ) throws {
        var piece = [UInt16](repeating: 0, count: min(values.count, 1 << 16))
        var done = 0
        while done < values.count {
            let count = min(values.count - done, piece.count)
            try piece.withUnsafeMutableBytes {
                try file.read(
                    UnsafeMutableRawBufferPointer(rebasing: $0[..<(count * 2)]),
                    at: start + done * 2)
            }
            for index in 0..<count {
                values[done + index] = convert(UInt16(littleEndian: piece[index]))
            }
            done += count
        }
    }
}
