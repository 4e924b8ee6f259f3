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

/// Decides when checkpoints are due, makes all ranks write them, and deletes old ones.
///
/// A checkpoint has two stages, run on background threads during training (see ``BackgroundWork``):
/// all ranks write their files; then rank 0 publishes them. One checkpoint is in flight at a time.
/// The threads never call MPI: the main threads agree on when a stage has ended.
package final class CheckpointKeeper: BackgroundWork {
    /// Outcome of a checkpoint.
    package enum Outcome {
        /// Published. `retentionProblem` is the reason why older checkpoints could not be deleted,
        /// or nil.
        case published(CheckpointRecord, retentionProblem: String?)
        /// Not written; older checkpoints are unchanged.
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
    /// Step of the newest checkpoint that this run has written or started from.
    private(set) var lastStep: Int?
    private(set) var lastPath = ""
    /// Throws if this run may not publish: `LostLockError` if the lock is lost, `FileError` if the
    /// lock could not be read.
    var verifyLockHeld: () throws -> Void = {}
    /// Scores of the run's evaluations by step, on rank 0. With `keep_best`, the best checkpoint is
    /// retained.
    var scores: () -> [Int: Double] = { [:] }
    /// Called with the outcome of each background checkpoint.
    package var report: (Outcome) -> Void = { _ in }

    /// Allocates memory for a copy of the given numbers of parameters and of elements of each
    /// moment; nil if that fails.
    package typealias TakeMemory =
        (_ parameterCount: Int, _ momentCount: Int) -> CheckpointSnapshot?

    /// Manages checkpoints of the ranks of `communicator` in `store`.
    ///
    /// - Parameters:
    ///   - processors: processors of the writer threads; if empty, those of the calling thread.
    ///   - takeMemory: allocates the memory for copies.
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

    /// Allocates the memory for copies of a state of `count` parameters, unless checkpoints are
    /// written in the foreground or never during training. Collective.
    ///
    /// - Returns: false, on all ranks, if the allocation failed on any of them; training then waits
    ///   for checkpoints.
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

    /// Size of this rank's copy, in bytes.
    var memoryBytes: Int { snapshot?.byteCount ?? 0 }

    /// Deletes leftovers of killed writers.
    func removeStale() throws { try store.removeStale() }

    /// Records that the run resumes from the checkpoint at `path`, if it is one of its own.
    func noteResumed(step: Int, path: String) throws {
        if try Paths.isSame(Paths.parent(of: path), store.directory) {
            (lastStep, lastPath) = (step, path)
        }
    }

    /// Moves aside the checkpoints of steps that the run, now at `step`, will write again: later
    /// ones, and that of `step` itself if the run resumed from a checkpoint of another directory.
    ///
    /// - Returns: their new paths.
    func setAside(for step: Int) throws -> [String] {
        try store.setAside(after: lastStep == step ? step : step - 1)
    }

    /// Whether a checkpoint is due at the step.
    func isDue(_ step: Int) -> Bool { settings.everySteps > 0 && step % settings.everySteps == 0 }

    /// Steps that have a checkpoint, including one in flight.
    func steps() throws -> [Int] {
        try store.list().map(\.step) + (underWay.map { [$0.step] } ?? [])
    }

    /// Whether a checkpoint of `step` exists or is in flight.
    func has(_ step: Int) -> Bool { lastStep == step || underWay?.step == step }

    /// Whether the interval since the last checkpoint has elapsed, by this rank's clock.
    var isOverdue: Bool {
        settings.everyMinutes > 0 && underWay == nil
            && MonotonicClock.seconds - lastTime >= settings.everyMinutes * 60
    }

    /// Seconds since the checkpoint in flight began; nil if there is none.
    var secondsUnderWay: Double? { underWay.map { MonotonicClock.seconds - $0.start } }

    /// Begins a checkpoint and returns as soon as the state is copied; `report` is called with its
    /// outcome. Waits for the previous checkpoint, and for this one if there is no memory for a
    /// copy. Collective.
    package func begin(
        _ state: TrainingState, model: BERTForPreTraining,
        moments: @autoclosure () throws -> FlatMoments, description: ModelDescription
    ) throws {
        try complete()
        // Also after a failure, so that the next attempt comes after another interval, not at once.
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
    /// - Throws: the first failure of any rank, on all of them; older checkpoints are unchanged.
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

    /// Waits until no checkpoint is in flight. Collective.
    func complete() throws {
        let start = MonotonicClock.seconds
        while underWay != nil {
            underWay?.waitedSince = start
            // All ranks keep polling, so that none appears to hang.
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
    /// - Returns: a closure that throws if the lock could not be read, so that this checkpoint
    ///   fails.
    /// - Throws: on all ranks, if another run holds the lock.
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
        // Gathering sharded moments counts as stall time of the training.
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
