package import BERT
package import Checkpointing
package import Distributed
import DurableFiles
import Glibc
package import MPI
import OperatingSystem
import Optimization
package import Reporting
import Tensors

/// Decides when checkpoints are due, has all ranks write them, and deletes old ones.
///
/// A checkpoint goes through two stages on threads beside the training (see ``BackgroundWork``): all
/// ranks write their files; then rank 0 publishes them. There is one at a time. Threads never call
/// MPI: whether a stage is over is agreed on by the main threads.
package final class CheckpointKeeper: BackgroundWork {
    /// The outcome of a checkpoint.
    package enum Outcome {
        /// It is there. `retentionProblem`: why older ones could not be deleted, if so.
        case published(CheckpointRecord, retentionProblem: String?)
        /// It could not be written; older ones are as they were.
        case failed(step: Int, Agreement.Failure)
    }

    private let settings: RunConfiguration.Checkpoint
    private let store: CheckpointStore
    private let communicator: Communicator
    private let agreement: Agreement
    private let processors: [Int]
    private let takeMemory: TakeMemory
    private var snapshot: CheckpointSnapshot?
    private var underWay: PendingCheckpoint?
    private var lastTime = MonotonicClock.seconds
    /// Step and path of the newest checkpoint that this run has written or started from.
    private(set) var lastStep: Int?
    private(set) var lastPath = ""
    /// Throws if this run may not publish: `LostLockError` if the lock is lost, `FileError` if it
    /// could not be read.
    var verifyLockHeld: () throws -> Void = {}
    /// Scores of the run's evaluations by step, on rank 0: with `keep_best`, the best checkpoint
    /// stays.
    var scores: () -> [Int: Double] = { [:] }
    /// Called with the outcome of each background checkpoint.
    package var report: (Outcome) -> Void = { _ in }

    /// Takes memory for a copy of so many parameters and elements of each moment; nil where it
    /// cannot be had.
    package typealias TakeMemory =
        (_ parameterCount: Int, _ momentCount: Int) -> CheckpointSnapshot?

    /// Checkpoints of the ranks of `communicator` in `store`.
    ///
    /// - Parameters:
    ///   - processors: where the threads that write may run; where this one may, if empty.
    ///   - takeMemory: where the memory for copies comes from.
    package init(
        _ settings: RunConfiguration.Checkpoint, store: CheckpointStore,
        communicator: Communicator, processors: [Int] = [],
        takeMemory: @escaping TakeMemory = CheckpointSnapshot.init
    ) {
        self.settings = settings
        self.store = store
        self.communicator = communicator
        self.processors = processors
        self.takeMemory = takeMemory
        agreement = Agreement(among: communicator)
    }

    /// Takes the memory for copies of a state of `count` parameters, unless training is to wait for
    /// its checkpoints or has none on its way. Collective.
    ///
    /// - Returns: false, on all ranks, where any of them could not have it: training waits then.
    package func reserve(count: Int) throws -> Bool {
        let isPeriodic =
            settings.everySteps > 0 || settings.everyMinutes > 0 || settings.keepBest
        guard settings.background, isPeriodic else { return true }
        snapshot = takeMemory(
            communicator.rank == 0 ? count : 0,
            Partition(count: count, parts: communicator.size)[communicator.rank].count)
        guard try agreement.anyTrue(snapshot == nil) else { return true }
        snapshot = nil
        return false
    }

    /// Bytes of this rank's copy.
    var memoryBytes: Int { snapshot?.byteCount ?? 0 }

    /// Deletes what killed writers left.
    func removeStale() throws { try store.removeStale() }

    /// Notes that the run stands at the checkpoint at `path`, if that is one of its own.
    func noteResumed(step: Int, path: String) throws {
        if try Paths.isSame(Paths.parent(of: path), store.directory) {
            (lastStep, lastPath) = (step, path)
        }
    }

    /// Moves checkpoints aside whose steps the run, now at `step`, will write again: later ones,
    /// and that of `step` itself where the run stands at a checkpoint from elsewhere.
    ///
    /// - Returns: where they lie now.
    func setAside(for step: Int) throws -> [String] {
        try store.setAside(after: lastStep == step ? step : step - 1)
    }

    /// Whether the step is one that gets a checkpoint.
    func isDue(_ step: Int) -> Bool { settings.everySteps > 0 && step % settings.everySteps == 0 }

    /// The steps that have a checkpoint, one under way included.
    func steps() throws -> [Int] {
        try store.list().map(\.step) + (underWay.map { [$0.step] } ?? [])
    }

    /// Whether there is a checkpoint of `step`, or one under way.
    func has(_ step: Int) -> Bool { lastStep == step || underWay?.step == step }

    /// Whether the last checkpoint is too long ago, by this rank's clock.
    var isOverdue: Bool {
        settings.everyMinutes > 0 && underWay == nil
            && MonotonicClock.seconds - lastTime >= settings.everyMinutes * 60
    }

    /// Seconds that the checkpoint under way has taken so far; nil if there is none.
    var secondsUnderWay: Double? { underWay.map { MonotonicClock.seconds - $0.start } }

    /// Begins a checkpoint and returns as soon as the state is copied; `report` is told how it
    /// ends. Waits for the one before, and for this one where there is no memory for a copy.
    /// Collective.
    package func begin(
        _ state: TrainingState, model: BERTForPreTraining,
        moments: @autoclosure () throws -> FlatMoments, description: ModelDescription
    ) throws {
        try complete()
        // Also for one that fails: the next try comes after another interval, not at once.
        lastTime = MonotonicClock.seconds
        let isAllowed = try checkRight()
        do {
            try agreement.throwingTogether(isAllowed)
            try start(state, model, moments, description, copying: snapshot)
        } catch let failure as Agreement.Failure {
            return report(.failed(step: state.step, failure))
        }
        if snapshot == nil { try complete() }
    }

    /// Writes and publishes a checkpoint and waits for it. Collective.
    ///
    /// - Throws: the first failure of any rank, on all of them; older checkpoints stay.
    func save(
        _ state: TrainingState, model: BERTForPreTraining,
        moments: @autoclosure () throws -> FlatMoments, description: ModelDescription
    ) throws {
        try complete()
        lastTime = MonotonicClock.seconds
        let isAllowed = try checkRight()
        try agreement.throwingTogether(isAllowed)
        try start(state, model, moments, description, copying: nil)
        underWay?.mayFail = false
        try complete()
    }

    /// Waits until no checkpoint is under way. Collective.
    func complete() throws {
        let start = MonotonicClock.seconds
        while underWay != nil {
            underWay?.waitedSince = start
            // All ranks keep asking one another, so none looks as if it hung.
            while try agreement.anyTrue(isBusyLocally) { usleep(Self.pauseMicroseconds) }
            try advanceStage()
        }
    }

    private static let pauseMicroseconds: UInt32 = 2000

    package var isBusyLocally: Bool { underWay?.isBusyLocally ?? false }

    package func advanceStage() throws {
        guard let pending = underWay else { return }
        let start = MonotonicClock.seconds
        let isAllowed = pending.isPublishing ? {} : try checkRight()
        do {
            try agreement.throwingTogether(isAllowed)
            guard
                let published = try pending.advanceStage(
                    keeping: settings, scores: settings.keepBest ? scores() : [:])
            else {
                if pending.waitedSince == nil {
                    pending.stalledSeconds += MonotonicClock.seconds - start
                }
                return
            }
            (lastStep, lastPath) = (pending.step, published.path)
            underWay = nil
            let record = CheckpointRecord(
                step: pending.step, path: published.path, seconds: published.seconds,
                stalledSeconds: pending.totalStall(since: start), bytes: published.bytes)
            report(.published(record, retentionProblem: published.retentionProblem))
        } catch let failure as Agreement.Failure {
            underWay = nil
            guard pending.mayFail else { throw failure }
            report(.failed(step: pending.step, failure))
        }
    }

    /// Verifies that this run still holds its lock. A run that lost it must stop, not retry.
    /// Collective.
    ///
    /// - Returns: throws if the lock could not be read: then this checkpoint has failed.
    /// - Throws: on all ranks, where the lock is another run's.
    private func checkRight() throws -> () throws -> Void {
        var problem: FileError?
        try agreement.throwingTogether {
            do { try verifyLockHeld() } catch let error as FileError { problem = error }
        }
        return { [problem] in if let problem { throw problem } }
    }

    private func start(
        _ state: TrainingState, _ model: BERTForPreTraining,
        _ makeMoments: () throws -> FlatMoments,
        _ description: ModelDescription, copying snapshot: CheckpointSnapshot?
    ) throws {
        // Gathering sharded moments is a part of what training waits for.
        let start = MonotonicClock.seconds
        let moments = try makeMoments()
        let isCoordinator = communicator.rank == 0
        let total = model.layout.count
        var writer: CheckpointWriter?
        let path = try communicator.broadcastFromRoot {
            writer = try CheckpointWriter.begin(in: store, step: state.step, parameterCount: total)
            return writer?.path ?? ""
        }
        let share = CheckpointShare(
            path: path, index: communicator.rank, of: communicator.size, range: moments.range,
            total: total, optimizer: moments.optimizer.rawValue, firstMoment: moments.first,
            secondMoment: moments.second,
            model: !isCoordinator
                ? nil
                : CheckpointShare.Model(
                    layout: model.layout,
                    parameters: UnsafeBufferPointer(model.parameters.vector.buffer),
                    description: description, state: state))
        underWay = PendingCheckpoint(
            step: state.step, start: start, share: snapshot?.copy(share) ?? share, moments: moments,
            writer: writer.take(), store: store, processors: processors,
            communicator: communicator)
    }
}
