import BERT
import Checkpointing
import Corpus
import Distributed
import DurableFiles
import Formats
import MPI
import Models
import Optimization
import Randomness
import Reporting
import Tensors
import TrainingStep

extension PretrainingRun {
    /// Makes and locks the run directory, and deletes a killed run's incomplete files. Returns
    /// false, on all ranks, if a rank was asked to stop before the lock was acquired.
    func prepareDirectory() throws -> Bool {
        try agreement.throwingTogether {
            guard isCoordinator else { return }
            try Paths.createDirectory(options.directory)
        }
        guard try lockDirectory() else { return false }
        try agreement.throwingTogether {
            guard isCoordinator else { return }
            try ConfigurationFile(run: options.directory).check()
            try PendingDirectory.removeStale(in: options.directory)
            try keeper.removeStale()
        }
        return true
    }

    /// Finds the source of the parameters. The coordinator searches, and reads all bytes to verify
    /// them; the others rely on its result. Collective.
    static func findOrigin(
        _ options: RunOptions, _ communicator: Communicator
    ) throws -> (Resumption, ModelOrigin) {
        var resumption = Resumption()
        let checkpoint = try communicator.broadcastFromRoot(on: "verifying the checkpoint") {
            resumption = try Resumption(options)
            if let checkpoint = resumption.checkpoint { try refuseAnotherRun(checkpoint, options) }
            return resumption.checkpoint?.path ?? ""
        }
        try Agreement(among: communicator).throwingTogether {
            try InputFiles(options.configuration, resumes: !checkpoint.isEmpty).requirePresent()
        }
        // The run's own checkpoint is complete, so the model it once started from may be gone.
        let model = try communicator.broadcastFromRoot(on: "verifying model.initialize_from") {
            guard checkpoint.isEmpty, let path = options.configuration.modelFiles.initializeFrom
            else {
                return ""
            }
            let (found, skipped) = try SavedModel.open(path)
            resumption.notices += skipped.map(\.description)
            return found.path
        }
        let origin = try Agreement(among: communicator).throwingTogether { () -> ModelOrigin in
            if !checkpoint.isEmpty { return .checkpoint(try Checkpoint(directory: checkpoint)) }
            return model.isEmpty ? .random : .model(try SavedModel(verified: model))
        }
        return (resumption, origin)
    }

    /// Throws for a checkpoint of other data or another model before vocabulary and corpora are
    /// compared with it, because messages about those would hide the cause. Other settings are
    /// compared in `restore`, which also knows the data.
    private static func refuseAnotherRun(_ checkpoint: Checkpoint, _ options: RunOptions) throws {
        let differences = try differences(from: checkpoint, options)
        let isAnother = differences.contains {
            $0.effect == .changesModel || $0.path.hasPrefix("data.")
        }
        if isAnother { try refuse(differences, beside: [], checkpoint.path, options) }
    }

    /// Settings in which `options` differ from those that `checkpoint` was made with, except
    /// harmless ones.
    static func differences(
        from checkpoint: Checkpoint, _ options: RunOptions
    ) throws -> [ConfigurationDifference] {
        let stored = try checkpoint.trainingState().resolvedConfiguration
        guard !stored.isEmpty else { return [] }
        let before = try RunConfiguration.parse(
            stored, name: "\(checkpoint.path) (its configuration)")
        return options.configuration.resolved().differences(from: before).filter {
            $0.effect != .harmless
        }
    }

    /// Throws for `differences` from the checkpoint at `path`, and for other `changes`, unless they
    /// are allowed.
    static func refuse(
        _ differences: [ConfigurationDifference], beside changes: [String], _ path: String,
        _ options: RunOptions
    ) throws {
        let all = differences.map(\.description) + changes
        let isOtherModel = differences.contains { $0.effect == .changesModel }
        guard !all.isEmpty, isOtherModel || !options.allowsChanges else { return }
        let isOwn = path.hasPrefix(CheckpointStore(run: options.directory).directory)
        let start =
            isOwn
            ? "\(options.directory) holds a run of another configuration"
            : "the configuration differs from that of the checkpoint \(path)"
        throw PretrainingError.configuration(
            "\(start): \(all.joined(separator: "; ")). Give the new run a name of its own (run.name, or "
                + "--run DIRECTORY), or restore the old values"
                + (isOtherModel ? "" : ", or give --allow-changes to resume with the new ones"))
    }

    /// Sets parameters, moments and state: from a checkpoint, from the model to start from, or at
    /// random.
    func startOrResume() throws {
        try agreement.throwingTogether {
            if case .checkpoint(let checkpoint) = setup.origin {
                try Watchdog.working(on: "reading the checkpoint") {
                    try restore(checkpoint)
                }
            } else if isCoordinator {
                try Watchdog.working(on: "reading the model") {
                    try setup.initialize(model, seed: options.configuration.run.seed)
                }
            }
        }
        // One rank draws or reads the weights, so that replicas are equal even on unlike nodes, and
        // even if the model to start from is replaced meanwhile.
        if resumedFrom == nil { try communicator.broadcast(model.parameters.vector.buffer) }
        try agreement.throwingTogether {
            guard isCoordinator else { return }
            notices += try keeper.setAside(for: state.step).map {
                "a later checkpoint was moved aside: \($0)"
            }
            try ConfigurationFile(run: options.directory).write(resolved)
        }
    }

    private func restore(_ checkpoint: Checkpoint) throws {
        let path = checkpoint.path
        let stored = try checkpoint.trainingState()
        try compare(stored, try checkpoint.description(), path: path)
        let parameters = model.parameters.vector.buffer
        var parameterSpan = parameters.mutableSpan
        try checkpoint.readParameters(model.layout, into: &parameterSpan)
        let (first, second) = (
            optimizer.firstMoment.vector.buffer, optimizer.secondMoment.vector.buffer
        )
        var firstSpan = first.mutableSpan
        var secondSpan = second.mutableSpan
        try checkpoint.readMoments(
            optimizer.shards, of: model.layout, into: &firstSpan, &secondSpan)
        state = stored
        if let restored = try restoredScaler(stored, path: path) {
            trainer.replica.scaler = restored
        }
        state.lossScaler = scaler.state
        state.resumedFrom = resumption.resumedFrom
        state.resumedFromPath = resumption.resumedFromPath
        try keeper.noteResumed(step: stored.step, path: path)
        resumedFrom = path
    }

    /// Loss scaler as saved in `stored`; nil if its settings differed.
    private func restoredScaler(
        _ stored: TrainingState, path: String
    ) throws -> LossScaler? {
        guard !stored.resolvedConfiguration.isEmpty else { return nil }
        let before = try RunConfiguration.parse(
            stored.resolvedConfiguration, name: "\(path) (its configuration)")
        return try .restored(
            stored, earlier: before.precision, resolved.precision, path: path)
    }

    /// Throws for another model; other differences need `allowsChanges`. The vocabulary is the
    /// checkpoint's, and has already been compared with the data's.
    private func compare(
        _ stored: TrainingState, _ description: ModelDescription, path: String
    ) throws {
        let earlier = try description.bertConfiguration(path: path)
        guard ParameterLayout.pretraining(earlier) == model.layout,
            earlier.heads == model.configuration.heads,
            earlier.activation == model.configuration.activation
        else {
            throw PretrainingError.configuration(
                "the checkpoint \(path) is of another architecture than the configuration asks "
                    + "for; give the sizes it was trained with, or another --run to start anew")
        }
        guard stored.phase < phases.count, stored.epoch < RandomAddress.epochLimit else {
            throw PretrainingError.data(
                "the checkpoint \(path) stands in phase \(stored.phase), epoch \(stored.epoch), "
                    + "which this run does not have")
        }
        guard !stored.resolvedConfiguration.isEmpty else { return }
        let before = try RunConfiguration.parse(
            stored.resolvedConfiguration, name: "\(path) (its configuration)")
        let differences = resolved.differences(from: before).filter { $0.effect != .harmless }
        var changes: [String] = []
        // Settings of the data are also in its fingerprint, so they need no second complaint.
        let source = phases[stored.phase].source
        if !differences.contains(where: Self.changesSamples),
            source.fingerprint != stored.corpusFingerprint,
            !source.earlierFingerprints.contains(stored.corpusFingerprint)
        {
            changes.append("the training data are others than those the checkpoint was made with")
        }
        try Self.refuse(differences, beside: changes, path, options)
        changes = differences.map(\.description) + changes
        guard !changes.isEmpty else { return }
        let list = changes.joined(separator: "; ")
        notices.append("resuming with changed settings: \(list)")
    }

    private static func changesSamples(_ difference: ConfigurationDifference) -> Bool {
        ["run.seed", "phases"].contains(difference.path)
            || difference.path.hasPrefix("data.") || difference.path.hasPrefix("masking.")
    }
}
