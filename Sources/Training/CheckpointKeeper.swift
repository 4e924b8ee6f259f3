import BERT
import Checkpointing
import Configuration
import Distributed
import DurableFiles
import MPI
import Optimization
import Reporting
import Tensors

/// Decides when checkpoints are due, writes them with all ranks, and deletes old ones.
struct CheckpointKeeper {
    private let settings: RunConfiguration.Checkpoint
    private let store: CheckpointStore
    private var lastTime = MPIEnvironment.wallTime
    /// Why old checkpoints could not be deleted, after the last save.
    private(set) var retentionProblem: String?
    /// Step and path of the newest checkpoint that this run has written or started from.
    private(set) var lastStep: Int?
    private(set) var lastPath = ""

    init(_ settings: RunConfiguration.Checkpoint, store: CheckpointStore) {
        self.settings = settings
        self.store = store
    }

    /// Deletes what killed writers left.
    func removeStale() throws { try store.removeStale() }

    /// Notes that the run stands at the checkpoint at `path`, if that is one of its own.
    mutating func noteResumed(step: Int, path: String) {
        if Paths.isSame(Paths.parent(of: path), store.directory) { note(step: step, path: path) }
    }

    private mutating func note(step: Int, path: String) {
        lastStep = step
        lastPath = path
    }

    /// Whether the step is one that gets a checkpoint.
    func isDue(_ step: Int) -> Bool { settings.everySteps > 0 && step % settings.everySteps == 0 }

    /// Whether the last checkpoint is too long ago, by this rank's clock.
    var isOverdue: Bool {
        settings.everyMinutes > 0
            && MPIEnvironment.wallTime - lastTime >= settings.everyMinutes * 60
    }

    /// Writes and publishes a checkpoint; every rank writes its part of the moments. Collective.
    ///
    /// - Throws: the first failure of any rank, on all of them; older checkpoints stay.
    mutating func save(
        _ state: TrainingState, model: BERTForPreTraining, optimizer: Optimizer,
        description: ModelDescription, communicator: Communicator
    ) throws -> CheckpointRecord {
        let start = MPIEnvironment.wallTime
        // Also after a failure: the next try comes after another interval, not at once.
        lastTime = start
        let agreement = Agreement(among: communicator)
        let isCoordinator = communicator.rank == 0
        let total = model.layout.count
        var writer: CheckpointWriter?
        let path = try communicator.told {
            writer = try CheckpointWriter.begin(
                in: store, step: state.step, parameterCount: total)
            return writer?.path ?? ""
        }
        try agreement.jointly {
            if isCoordinator {
                let parameters = model.parameters.vector.buffer
                try writer?.writeModel(
                    layout: model.layout, parameters: parameters.span, description: description,
                    state: state)
            }
            try Self.writeMoments(optimizer, to: path, communicator)
        }
        let published = try agreement.jointly { () -> Checkpoint? in
            guard let checkpoint = try writer.take()?.publish() else { return nil }
            deleteOld(trusting: checkpoint)
            return checkpoint
        }
        note(step: state.step, path: published?.path ?? "")
        return CheckpointRecord(
            step: state.step, path: lastPath, seconds: MPIEnvironment.wallTime - start,
            bytes: published?.byteCount ?? 0)
    }

    /// Deletes checkpoints that are no longer to be kept; one that resists spoils nothing.
    private mutating func deleteOld(trusting checkpoint: Checkpoint) {
        retentionProblem = nil
        // 0 keeps all.
        guard settings.keepLast > 0 else { return }
        do {
            try store.retain(
                keepLast: settings.keepLast, keepEvery: settings.keepEvery,
                trusted: checkpoint.path)
        } catch {
            retentionProblem = "\(error)"
        }
    }

    /// Moves checkpoints aside whose steps the run, now at `step`, will write anew: later ones,
    /// and that of `step` itself where the run stands at a checkpoint from elsewhere.
    ///
    /// - Returns: where they lie now.
    func setAside(for step: Int) throws -> [String] {
        try store.setAside(after: lastStep == step ? step : step - 1)
    }

    private static func writeMoments(
        _ optimizer: Optimizer, to path: String, _ communicator: Communicator
    ) throws {
        let total = optimizer.layout.count
        let range = Partition(count: total, parts: communicator.size)[communicator.rank]
        let first = optimizer.firstMoment[range].buffer
        let second = optimizer.secondMoment[range].buffer
        try CheckpointWriter.writeOptimizerPart(
            path: path, index: communicator.rank, of: communicator.size, range: range,
            total: total, optimizer: optimizer.settings.name.rawValue, firstMoment: first.span,
            secondMoment: second.span)
    }
}
