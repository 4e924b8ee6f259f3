package import Tensors

/// A model's parameters in memory, as the source of a file's tensors.
package struct BlockTensors: TensorSource {
    package let path = "memory"
    private let layout: ParameterLayout
    private let values: Block<Float>

    /// Makes a source of the parameters `values` of `layout`.
    package init(_ layout: ParameterLayout, _ values: Block<Float>) {
        precondition(values.count == layout.count, "the block has the size of the layout")
        self.layout = layout
        self.values = values
    }

    package var tensorNames: [String] { layout.parameters.map(\.name) }

    package func shape(of name: String) throws -> [Int] { layout[name]?.shape ?? [] }

    package func read(_ name: String, into target: inout MutableSpan<Float>) throws {
        guard let parameter = layout[name] else { preconditionFailure("no parameter \(name)") }
        let source = values[parameter.range]
        for index in 0..<source.count { target[index] = source[index] }
    }
}

/// Flat arrays of numbers in a safetensors file, for state that is not a model.
package enum FlatArrays {
    /// Writes and syncs a new file.
    package static func write(
        _ path: String, _ arrays: [(name: String, values: Vector<Float>)]
    ) throws {
        var writer = try SafetensorsWriter.create(
            path, arrays.map { ($0.name, [$0.values.count]) })
        for (name, values) in arrays {
            let span = values.buffer.span
            try writer.append(name, span)
        }
        try writer.close()
    }

    /// Reads arrays of known sizes.
    /// - Throws: `CheckpointError` if the file does not contain exactly these.
    package static func read(
        _ path: String, into arrays: [(name: String, values: Vector<Float>)]
    ) throws {
        let file = try SafetensorsFile.open(path)
        guard Set(file.tensorNames) == Set(arrays.map(\.name)) else {
            throw CheckpointError(
                .badData, path,
                "holds \(CheckpointError.list(file.tensorNames.sorted())) instead of "
                    + CheckpointError.list(arrays.map(\.name)))
        }
        for (name, values) in arrays {
            guard try file.shape(of: name) == [values.count] else {
                throw CheckpointError(
                    .badData, path, "\(name) has not \(values.count) numbers: another model's")
            }
            var span = values.buffer.mutableSpan
            try file.read(name, into: &span)
        }
    }
}

extension SavedModel {
    /// Throws unless the file contains all parameters of `layout` with their shapes; it may contain
    /// others.
    package func checkShapes(_ layout: ParameterLayout) throws {
        switch self {
        case .checkpoint(let checkpoint):
            let file = try checkpoint.model()
            try file.checkShapes(layout)
        case .huggingFace(let directory):
            let tensors = try directory.tensors()
            try tensors.checkShapes(layout)
        }
    }

    /// Names of all stored tensors; the tensors are not read.
    package func tensorNames() throws -> [String] {
        switch self {
        case .checkpoint(let checkpoint): try checkpoint.model().tensorNames
        case .huggingFace(let directory): try directory.tensors().tensorNames
        }
    }

    /// Reads the parameters of `layout` whose names `isWanted` accepts; the model's other
    /// parameters are skipped. Shapes and finiteness are checked.
    package func readParameters(
        _ layout: ParameterLayout, into block: Block<Float>, where isWanted: (String) -> Bool
    ) throws {
        let parameters = layout.parameters.filter { isWanted($0.name) }
        switch self {
        case .checkpoint(let checkpoint):
            let file = try checkpoint.model()
            try Self.read(parameters, of: file, into: block)
        case .huggingFace(let directory):
            let tensors = try directory.tensors()
            try Self.read(parameters, of: tensors, into: block)
        }
    }

    private static func read(
        _ parameters: [Parameter], of source: borrowing some TensorSource & ~Copyable,
        into block: Block<Float>
    ) throws {
        let names = Set(source.tensorNames)
        let missing = parameters.map(\.name).filter { !names.contains($0) }
        guard missing.isEmpty else {
            throw CheckpointError(
                .badData, source.path,
                "lacks \(CheckpointError.list(missing)); is it of another model?")
        }
        for parameter in parameters {
            let shape = try source.shape(of: parameter.name)
            guard shape == parameter.shape else {
                throw CheckpointError(
                    .badData, source.path,
                    "\(parameter.name) has shape \(shape), the model needs \(parameter.shape)")
            }
            let values = block[parameter.range]
            var span = values.buffer.mutableSpan
            try source.read(parameter.name, into: &span)
            try source.requireFinite(UnsafeBufferPointer(values.buffer), parameter.name)
        }
    }
}
