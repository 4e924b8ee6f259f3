import Checkpointing
import Distributed
import DurableFiles
import FoundationEssentials
import MPI
import OperatingSystem
import Runtime

/// A checkpoint in flight: this rank's work for it, in the background of training.
final class PendingCheckpoint {
    /// Result on rank 0; the other ranks only know that the checkpoint exists.
    struct Published: Sendable {
        var path = ""
        var bytes = 0
        /// Seconds of the slowest rank's writing plus the publishing.
        var seconds = 0.0
        var retentionProblem: String?
    }

    /// Number of optimizer updates done.
    let step: Int
    /// The start time.
    let start: Double
    /// Whether a failure is reported instead of thrown.
    var mayFail = true
    /// Seconds that training has stalled for it so far.
    var stalledSeconds: Double
    /// Time since which training has been waiting for it.
    var waitedSince: Double?
    /// Whether all files are written; the same on all ranks.
    private(set) var isPublishing = false

    /// The moments, kept because the files in flight may point into them.
    private let moments: FlatMoments
    private let communicator: Communicator
    private let agreement: Agreement
    private let store: CheckpointStore
    private let processors: [Int]
    private var writer: CheckpointWriter?
    private let files: BackgroundTask<(entries: [ManifestEntry], seconds: Double)>
    private var publication: BackgroundTask<Published>?

    /// Starts to write `share` in a thread on `processors`; `writer` is rank 0's.
    init(
        step: Int, start: Double, share: CheckpointShare, moments: FlatMoments,
        writer: consuming CheckpointWriter?, store: CheckpointStore, processors: [Int],
        communicator: Communicator
    ) {
        self.moments = moments
        self.step = step
        self.start = start
        self.writer = writer
        self.store = store
        self.processors = processors
        self.communicator = communicator
        agreement = Agreement(among: communicator)
        files = BackgroundTask(on: processors) {
            let clock = ContinuousClock()
            let start = clock.now
            return (try share.write(), (clock.now - start) / .seconds(1))
        }
        stalledSeconds = MonotonicClock.seconds - start
    }

    /// Whether this rank's part of the current stage is in flight.
    var isBusyLocally: Bool {
        isPublishing ? publication.map { !$0.isOver } ?? false : !files.isOver
    }

    /// Total seconds that training has stalled for it, where `start` is the time of the last call.
    func totalStall(since start: Double) -> Double {
        stalledSeconds + MonotonicClock.seconds - (waitedSince ?? start)
    }

    /// Advances it to its next stage. Collective, once no rank is busy.
    ///
    /// - Parameter scores: scores of checkpoints by step, on rank 0.
    /// - Returns: the published checkpoint, or nil if another stage follows.
    /// - Throws: the first failure of any rank, on all of them.
    func advanceStage(
        keeping settings: RunConfiguration.Checkpoint, scores: [Int: Double]
    ) throws -> Published? {
        if isPublishing {
            return try agreement.throwingTogether { try publication?.result() ?? Published() }
        }
        let written = try agreement.throwingTogether { try files.result() }
        let entries = try communicator.allGather(bytes: ManifestEntry.text(written.entries))
        let slowest = try communicator.allReduce(written.seconds, .maximum)
        isPublishing = true
        guard let writer = writer.take() else { return nil }
        let publisher = Publisher(
            writer: writer, files: try entries.flatMap(ManifestEntry.entries), store: store,
            settings: settings, scores: scores)
        publication = BackgroundTask(on: processors) {
            let clock = ContinuousClock()
            let start = clock.now
            var published = try publisher.publish()
            published.seconds = slowest + (clock.now - start) / .seconds(1)
            return published
        }
        return nil
    }
}

/// Rank 0's last stage, with everything it needs on a thread.
private final class Publisher: @unchecked Sendable {
    private var writer: CheckpointWriter?
    private let files: [ManifestEntry]
    private let store: CheckpointStore
    private let settings: RunConfiguration.Checkpoint
    private let scores: [Int: Double]

    init(
        writer: consuming CheckpointWriter, files: [ManifestEntry], store: CheckpointStore,
        settings: RunConfiguration.Checkpoint, scores: [Int: Double]
    ) {
        self.writer = consume writer
        self.files = files
        self.store = store
        self.settings = settings
        self.scores = scores
    }

    /// Publishes the checkpoint, and deletes those no longer retained.
    func publish() throws -> PendingCheckpoint.Published {
        guard let checkpoint = try writer.take()?.publish(files: files) else {
            preconditionFailure("published twice")
        }
        var published = PendingCheckpoint.Published(
            path: checkpoint.path, bytes: checkpoint.byteCount)
        // 0 retains all. A failed deletion does not affect the checkpoint.
        if settings.keepLast > 0 {
            do {
                try store.retain(
                    keepLast: settings.keepLast, keepEvery: settings.keepEvery,
                    scores: scores, trusted: checkpoint.path)
            } catch {
                published.retentionProblem = "\(error)"
            }
        }
        return published
    }
}

extension ManifestEntry {
    /// Encodes entries for transfer between ranks.
    fileprivate static func text(_ entries: [ManifestEntry]) throws -> [UInt8] {
        Array(try JSONEncoder().encode(entries))
    }

    fileprivate static func entries(_ text: [UInt8]) throws -> [ManifestEntry] {
        try JSONDecoder().decode([ManifestEntry].self, from: Data(text))
    }
}
