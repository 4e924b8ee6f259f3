import BERT
import Checkpointing
import Configuration
import Corpus
import Distributed
import DurableFiles
import MPI
import Optimization
import Randomness
import Reporting
import Tensors
import Tokenization

extension PretrainingRun {
    /// Makes the run directory, and clears what a killed run left half written.
    func prepareDirectory() throws {
        try agreement.jointly {
            guard isCoordinator else { return }
            try Paths.createDirectory(options.directory)
            try keeper.removeStale()
        }
    }

    /// Sets parameters, moments and state: from a checkpoint, from the model to start from, or at
    /// random.
    func startOrResume() throws {
        let path = try agreement.jointly { isCoordinator ? try checkpointToResume() : "" }
        let agreed = String(
            decoding: try communicator.broadcast(bytes: Array(path.utf8)), as: UTF8.self)
        try agreement.jointly {
            if !agreed.isEmpty {
                try restore(agreed)
            } else if isCoordinator {
                try setup.initialize(model, seed: options.configuration.run.seed)
            }
        }
        // One rank draws or reads the weights: replicas are equal also on unlike nodes, and where
        // the model to start from is replaced meanwhile.
        if agreed.isEmpty { try communicator.broadcast(model.parameters.vector.buffer) }
        try agreement.jointly {
            guard isCoordinator else { return }
            notices += try keeper.setAside(after: state.step).map {
                "a later checkpoint was moved aside: \($0)"
            }
            try WholeFiles.writeAtomically(
                Paths.join(options.directory, "config.yaml"), resolved.yaml)
        }
    }

    /// The checkpoint to go on from, or "" to start anew; says which ones are passed over.
    private func checkpointToResume() throws -> String {
        let store = CheckpointStore(run: options.directory)
        switch options.resume {
        case .path(let path):
            let (checkpoint, skipped) = try Checkpoint.open(path)
            notices += skipped.map { "passed over \($0.path): \($0.reason)" }
            return checkpoint.path
        case .never:
            guard let entry = try store.list().first else { return "" }
            throw TrainingError.configuration(
                "\(options.directory) already holds checkpoints (\(entry.path)); --resume never "
                    + "would mix two runs: choose another --run or run.name, or move it away")
        case .auto:
            let (checkpoint, skipped) = try store.newestGood()
            notices += skipped.map { "passed over \($0.path): \($0.reason)" }
            if checkpoint == nil, let first = skipped.first {
                throw TrainingError.data(
                    "none of the \(skipped.count) checkpoints in \(store.directory) is good (the "
                        + "newest: \(first.reason)); move them away to start anew")
            }
            return checkpoint?.path ?? ""
        }
    }

    private func restore(_ path: String) throws {
        let checkpoint = try Checkpoint(directory: path)
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
            0..<model.layout.count, of: model.layout, into: &firstSpan, &secondSpan)
        state = stored
        keeper.noteResumed(step: stored.step, path: path)
        resumedFrom = path
    }

    /// Refuses another model or vocabulary; other differences only with `allowsChanges`.
    private func compare(
        _ stored: TrainingState, _ description: ModelDescription, path: String
    ) throws {
        let earlier = try BERTConfiguration(json: description.configuration, path: path)
        guard ParameterLayout.pretraining(earlier) == model.layout,
            earlier.heads == model.configuration.heads,
            earlier.activation == model.configuration.activation
        else {
            throw TrainingError.configuration(
                "the checkpoint \(path) is of another architecture than the configuration asks "
                    + "for; give the sizes it was trained with, or another --run to start anew")
        }
        guard description.vocabulary == setup.vocabulary.text else {
            throw TrainingError.configuration(
                "the checkpoint \(path) was trained with another vocabulary than that of the data; "
                    + "use the same corpus, or another --run to start anew")
        }
        guard !stored.resolvedConfiguration.isEmpty else { return }
        let before = try RunConfiguration.parse(
            stored.resolvedConfiguration, name: "\(path) (its configuration)")
        let differences = resolved.differences(from: before).filter { $0.effect != .harmless }
        var changes = differences.map(\.description)
        guard stored.phase < phases.count, stored.epoch < RandomAddress.epochLimit else {
            throw TrainingError.data(
                "the checkpoint \(path) stands in phase \(stored.phase), epoch \(stored.epoch), "
                    + "which this run does not have")
        }
        if differences.isEmpty, phases[stored.phase].source.fingerprint != stored.corpusFingerprint
        {
            changes.append("the training data are others than those the checkpoint was made with")
        }
        guard !changes.isEmpty else { return }
        let list = changes.joined(separator: "; ")
        guard options.allowsChanges, !differences.contains(where: { $0.effect == .changesModel })
        else {
            throw TrainingError.configuration(
                "the configuration differs from that of the checkpoint \(path): \(list). Restore "
                    + "the old values, or choose another --run to start anew"
                    + (differences.contains { $0.effect == .changesModel }
                        ? "" : ", or give --allow-changes to go on with the new ones"))
        }
        notices.append("going on with changed settings: \(list)")
    }
}
