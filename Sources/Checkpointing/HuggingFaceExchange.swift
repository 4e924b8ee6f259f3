import DurableFiles
public import Tensors

extension Checkpoint {
    /// Writes a Hugging Face model directory atomically, with one tensor at a time in memory.
    /// - Parameters:
    ///   - directory: path of the new directory.
    ///   - replacing: whether an existing model directory is replaced; otherwise, and for any other
    ///     existing file or directory, it is an error.
    public func exportHuggingFace(to directory: String, replacing: Bool = false) throws {
        let model = try model()
        try HuggingFaceDirectory.write(
            directory, replacing: replacing, description: model.description(), from: model)
    }

    /// Converts a Hugging Face model directory to a checkpoint without moments, at step 0, with one
    /// tensor at a time in memory.
    /// - Parameters:
    ///   - directory: the Hugging Face directory.
    ///   - target: path of the new checkpoint directory.
    ///   - layout: parameters to import; other tensors of the directory are skipped.
    ///   - replacing: whether an existing checkpoint is replaced; otherwise, and for any other
    ///     existing file or directory, it is an error.
    @discardableResult
    public static func importHuggingFace(
        from directory: HuggingFaceDirectory, to target: String, layout: ParameterLayout,
        replacing: Bool = false
    ) throws -> Checkpoint {
        let replacing = try Replacement.isAllowed(
            target, replacing: replacing, kind: "a checkpoint", isKind: isOne)
        let tensors = try directory.tensors()
        try tensors.checkShapes(layout)
        let writer = try CheckpointWriter.begin(
            target: target, step: 0, parameterCount: layout.count, replacing: replacing,
            withMoments: false, remedy: Replacement.remedy)
        try writer.writeModel(
            layout: layout, description: directory.description, state: TrainingState()
        ) { parameter, write in
            var values = [Float](repeating: 0, count: parameter.count)
            var span = values.mutableSpan
            try tensors.read(parameter.name, into: &span)
            try values.withUnsafeBufferPointer { try tensors.requireFinite($0, parameter.name) }
            let whole = values.span
            try write(whole)
        }
        return try writer.publish()
    }
}
