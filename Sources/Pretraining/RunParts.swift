import BERT

/// Model and phases of a run, before any memory is allocated.
struct RunParts {
    let setup: ModelSetup
    let phases: [PretrainingPhase]

    /// Opens the data of all phases, and sets up their model.
    ///
    /// - Throws: the errors of `DataSetup`, `ModelSetup` and `PretrainingPhase`.
    init(_ configuration: RunConfiguration, origin: ModelOrigin, ranks: Int) throws {
        let resolved = configuration.resolvedPhases
        let data = try resolved.map { try DataSetup($0.data) }
        let setup = try Self.setup(configuration, data: data[0], origin: origin, ranks: ranks)
        self.setup = setup
        phases = try zip(resolved, data).map {
            try PretrainingPhase($0, data: $1, setup: setup, ranks: ranks)
        }
    }

    /// The model of a run whose first phase has `data`.
    static func setup(
        _ configuration: RunConfiguration, data: DataSetup, origin: ModelOrigin, ranks: Int
    ) throws -> ModelSetup {
        try ModelSetup(
            configuration.model, files: configuration.modelFiles, corpus: data.corpus,
            origin: origin,
            momentShards: configuration.parallel.shardOptimizer ? ranks : 1)
    }

    /// Batch sizes the model needs memory for: those of the largest phase.
    static func capacity(_ phases: [PretrainingPhase]) -> BatchCapacity {
        phases.dropFirst().reduce(phases[0].capacity) { $0.union($1.capacity) }
    }
}
