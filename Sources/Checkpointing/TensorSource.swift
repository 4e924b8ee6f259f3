public import Tensors

/// A source of named tensors of numbers, such as a checkpoint's model file or a safetensors file.
public protocol TensorSource: ~Copyable {
    /// Path of the file, for messages.
    var path: String { get }
    /// All names, sorted.
    var tensorNames: [String] { get }
    /// The sizes of one tensor, slowest first.
    func shape(of name: String) throws -> [Int]
    /// Reads one tensor, converted to fp32, into `values`, which has as many elements.
    func read(_ name: String, into values: inout MutableSpan<Float>) throws
}

extension TensorSource where Self: ~Copyable {
    /// Reads all parameters of a layout into one flat block.
    ///
    /// Throws unless the source has exactly these tensors with exactly these shapes, and all
    /// numbers are finite.
    public func readParameters(
        _ layout: ParameterLayout, into block: inout MutableSpan<Float>
    ) throws {
        precondition(block.count == layout.count, "the block has the size of the layout")
        try check(layout)
        try block.withUnsafeMutableBufferPointer { block in
            for parameter in layout.parameters {
                let slice = UnsafeMutableBufferPointer(rebasing: block[parameter.range])
                var values = slice.mutableSpan
                try read(parameter.name, into: &values)
                try requireFinite(UnsafeBufferPointer(slice), parameter.name)
            }
        }
    }

    /// Throws if a number of a tensor is not finite.
    func requireFinite(_ values: UnsafeBufferPointer<Float>, _ name: String) throws {
        guard let bad = values.firstIndex(where: { !$0.isFinite }) else { return }
        throw CheckpointError(
            .badData, path,
            "\(name) holds \(values[bad]) at element \(bad); the run that wrote it had diverged, take"
                + " an earlier checkpoint")
    }

    /// Throws unless names and shapes are those of the layout.
    public func check(_ layout: ParameterLayout) throws {
        let names = Set(tensorNames)
        let missing = layout.parameters.map(\.name).filter { !names.contains($0) }
        guard missing.isEmpty else {
            throw CheckpointError(
                .badData, path, "lacks \(CheckpointError.list(missing)); is it of another model?")
        }
        let extra = tensorNames.filter { layout[$0] == nil }
        guard extra.isEmpty else {
            throw CheckpointError(
                .badData, path,
                "has \(CheckpointError.list(extra)), which this model does not; check the model's"
                    + " configuration")
        }
        try checkShapes(layout)
    }

    /// Throws unless the shapes of the parameters are those of the layout.
    func checkShapes(_ layout: ParameterLayout) throws {
        for parameter in layout.parameters {
            let shape = try shape(of: parameter.name)
            guard shape == parameter.shape else {
                throw CheckpointError(
                    .badData, path,
                    "\(parameter.name) has shape \(shape), the model needs \(parameter.shape); check"
                        + " the model's configuration")
            }
        }
    }
}
