import DurableFiles
public import Tensors

extension Checkpoint {
    /// Writes a Hugging Face model directory, which appears whole or not at all; one tensor at a
    /// time is in memory.
    /// - Parameters:
    ///   - directory: the new directory.
    ///   - replacing: whether an existing model directory is replaced; otherwise, and if
    ///     something else lies there, it is an error.
    public func exportHuggingFace(to directory: String, replacing: Bool = false) throws {
        let model = try model()
        try HuggingFaceDirectory.write(
            directory, replacing: replacing, description: model.description(), from: model)
    }

    /// Turns a Hugging Face model directory into a checkpoint without moments, at step 0; one
    /// tensor at a time is in memory.
    /// - Parameters:
    ///   - directory: the Hugging Face directory.
    ///   - target: the new checkpoint directory.
    ///   - layout: the parameters of the model that its configuration describes; nil takes the
    ///     file's tensors as they are.
    ///   - replacing: whether an existing checkpoint is replaced; otherwise, and if something
    ///     else lies there, it is an error.
    @discardableResult
    public static func importHuggingFace(
        from directory: HuggingFaceDirectory, to target: String, layout: ParameterLayout? = nil,
        replacing: Bool = false
    ) throws -> Checkpoint {
        if replacing {
            try Replacement.prepare(target, kind: "a checkpoint", isKind: isOne)
        }
        let tensors = try directory.tensors()
        if let layout { try tensors.check(layout) }
        let layout = try layout ?? tensors.layout()
        let writer = try CheckpointWriter.begin(
            target: target, step: 0, parameterCount: layout.count, replacing: replacing,
            withMoments: false, remedy: Replacement.remedy)
        try writer.writeModel(
            layout: layout, description: directory.description, state: TrainingState()
        ) { parameter, write in
            var values = [Float](repeating: 0, count: parameter.count)
            var span = values.mutableSpan
            try tensors.read(parameter.name, into: &span)
            let whole = values.span
            try write(whole)
        }
        return try writer.publish()
    }
}

extension TensorSource where Self: ~Copyable {
    /// The layout that holds just these tensors, in the order of their names.
    fileprivate func layout() throws -> ParameterLayout {
        var entries: [(name: String, shape: [Int], decays: Bool)] = []
        for name in tensorNames {
            let shape = try shape(of: name)
            // HDF5 takes slashes for groups; C takes zeros for the end.
            guard !name.isEmpty, name != ".", !name.utf8.contains(where: { $0 < 33 || $0 == 47 })
            else {
                throw CheckpointError(.badData, path, "has a tensor of the strange name \(name)")
            }
            guard shape.allSatisfy({ $0 > 0 }) else {
                throw CheckpointError(.badData, path, "\(name) is empty: shape \(shape)")
            }
            entries.append((name, shape, false))
        }
        return ParameterLayout(entries)
    }
}
