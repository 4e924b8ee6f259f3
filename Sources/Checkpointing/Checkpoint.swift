public import DurableFiles
public import Tensors

/// Metadata in a checkpoint's manifest, in addition to names, sizes and SHA-256 of the files.
public struct CheckpointSummary: Codable, Sendable, Equatable {
    /// Always "bert-checkpoint".
    public var kind: String
    /// Optimizer updates done.
    public var step: Int
    /// Total number of values of all parameters.
    public var parameterCount: Int
    /// Number of files with moments; 0 if it was imported and has none.
    public var optimizerParts: Int

    /// Makes a summary with these values.
    public init(kind: String, step: Int, parameterCount: Int, optimizerParts: Int) {
        self.kind = kind
        self.step = step
        self.parameterCount = parameterCount
        self.optimizerParts = optimizerParts
    }

    private enum CodingKeys: String, CodingKey {
        case kind, step
        case parameterCount = "parameters"
        case optimizerParts = "optimizer_parts"
    }
}

/// A published checkpoint directory whose manifest has been read.
public struct Checkpoint: Sendable {
    /// The directory.
    public let path: String
    /// Its manifest.
    public let manifest: Manifest<CheckpointSummary>

    /// Opens one checkpoint directory without reading its data; see `verify`, and `open` for paths
    /// given by users.
    public init(directory: String) throws {
        path = directory
        guard try Paths.kind(of: Paths.join(directory, ManifestFile.name)) != .missing else {
            throw CheckpointError(
                .missing, directory,
                "is no whole checkpoint: it has no \(ManifestFile.name), which is written last")
        }
        manifest = try Manifest.read(
            from: directory, supportedVersion: CheckpointFiles.formatVersion)
        guard manifest.metadata.kind == ModelFile.formatName else {
            throw CheckpointError(.badData, directory, "is a \(manifest.metadata.kind)")
        }
    }

    /// The manifest's metadata.
    public var summary: CheckpointSummary { manifest.metadata }

    /// Optimizer updates done.
    public var step: Int { manifest.metadata.step }

    /// SHA-256 of the manifest in hexadecimal digits, and so of all files. It identifies the
    /// checkpoint wherever it is stored.
    public func digest() throws -> String { try SHA256.digest(of: manifest.json()).description }

    /// Size of all its files.
    public var byteCount: Int { manifest.files.reduce(0) { $0 + $1.bytes } }

    /// Throws unless every file has its size and SHA-256, there are no additional files, and the
    /// content has the structure of a checkpoint.
    public func verify() throws {
        try manifest.verify(path)
        let found = try Checkpoint.summarize(path)
        guard found == manifest.metadata else {
            throw CheckpointError(.badData, path, "the manifest describes another checkpoint")
        }
    }

    /// Throws unless all parameters and moments are finite, because others cannot be loaded. Reads
    /// all of them, one tensor at a time.
    public func verifyNumbers() throws {
        let model = try model()
        for name in model.tensorNames {
            var values = [Float](repeating: 0, count: try model.shape(of: name).reduce(1, *))
            var span = values.mutableSpan
            try model.read(name, into: &span)
            if let bad = values.firstIndex(where: { !$0.isFinite }) {
                throw CheckpointError(
                    .badData, model.path,
                    "\(name) holds \(values[bad]) at element \(bad); the run that wrote it had"
                        + " diverged, take an earlier checkpoint")
            }
        }
        for part in try OptimizerParts.open(path) { try OptimizerParts.verifyNumbers(part) }
    }

    /// Opens `model.h5`.
    public func model() throws -> ModelFile { try ModelFile.open(directory: path) }

    /// Configuration and vocabulary.
    public func description() throws -> ModelDescription { try model().description() }

    /// State of the run that wrote it.
    public func trainingState() throws -> TrainingState { try model().trainingState() }

    /// Reads all parameters into one flat block; names, shapes and finiteness are checked.
    public func readParameters(
        _ layout: ParameterLayout, into block: inout MutableSpan<Float>
    ) throws {
        try model().readParameters(layout, into: &block)
    }

    /// Reads any ranges of the flat blocks of both moments, one after the other, regardless of the
    /// number of parts.
    /// - Parameters:
    ///   - ranges: ranges of the flat block.
    ///   - layout: must equal, including its order, the layout that the checkpoint was written
    ///     from.
    public func readMoments(
        _ ranges: [Range<Int>], of layout: ParameterLayout,
        into firstMoment: inout MutableSpan<Float>, _ secondMoment: inout MutableSpan<Float>
    ) throws {
        precondition(ranges.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= layout.count })
        guard try model().layoutText() == layout.text else {
            throw CheckpointError(
                .badData, path, "has the moments of another model; check the model's configuration")
        }
        let parts = try OptimizerParts.open(path)
        guard let total = parts.first?.total else {
            throw CheckpointError(
                .badData, path,
                "has no optimizer state (it was imported): start a new run with"
                    + " model.initialize_from instead of resuming")
        }
        guard total == layout.count else {
            throw CheckpointError(
                .badData, path, "has moments of \(total) parameters, the model \(layout.count)")
        }
        try OptimizerParts.read(ranges, from: parts, into: &firstMoment, &secondMoment)
    }

    /// Reads the structure of a directory's files, and throws if it is not that of a checkpoint.
    static func summarize(_ directory: String) throws -> CheckpointSummary {
        let model = try ModelFile.open(directory: directory)
        _ = try model.description()
        var count = 0
        for name in model.tensorNames { count += try model.shape(of: name).reduce(1, *) }
        let parts = try OptimizerParts.open(directory)
        if let total = parts.first?.total, total != count {
            throw CheckpointError(
                .badData, directory, "has moments of \(total) parameters, but \(count) parameters")
        }
        return CheckpointSummary(
            kind: ModelFile.formatName, step: try model.trainingState().step,
            parameterCount: count, optimizerParts: parts.count)
    }
}
