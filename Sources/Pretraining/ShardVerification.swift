import Corpus
import Distributed
import ExitCoding
import FileNames
import MPI
import OperatingSystem
import Reporting
import Runtime

/// Verification of shards that corpora of earlier versions hash as a whole, before the first sample
/// is read.
///
/// Otherwise each rank would hash a whole shard when it reads its first token, in the middle of a
/// step, while the others wait.
package struct ShardVerification {
    private let shards: [WholeShard]

    /// Seconds after which the coordinator reports what it is doing.
    private static let silence = 10.0

    /// Collects all shards of `sources` that need verification.
    init(of sources: [any SampleSource]) {
        shards = sources.flatMap { ($0 as? CorpusSource)?.unverifiedWholeShards ?? [] }
    }

    /// Hashes each file on one rank. Collective: all ranks have the same shards.
    ///
    /// - Parameter isStopRequested: whether this rank was asked to stop.
    /// - Returns: false, on all ranks, if one was asked to stop before all shards were verified.
    /// - Throws: `Agreement.Failure` (65) on all ranks if a shard fails verification.
    @discardableResult
    func run(
        among communicator: Communicator, isStopRequested: () -> Bool = { false }
    ) throws -> Bool {
        let agreement = Agreement(among: communicator)
        let files = distinctFiles
        let own = Self.deal(files.map(\.byteCount), among: communicator.size)[communicator.rank]
        let notice = communicator.rank == 0 ? notice(of: files) : nil
        let isDone = try agreement.throwingTogether {
            try Watchdog.working(on: "verifying the data") {
                try Self.verify(own.map { files[$0] }, notice, isStopRequested)
            }
        }
        guard try !agreement.anyTrue(!isDone) else { return false }
        trust()
        return true
    }

    /// Marks all shards as verified.
    func trust() {
        for shard in shards { shard.trust() }
    }

    /// One shard per file, because phases have their own shards of the same files.
    private var distinctFiles: [WholeShard] {
        var seen: Set<[UInt8]> = []
        return shards.filter { seen.insert(FileName.bytes(of: $0.path)).inserted }
    }

    private static func verify(
        _ shards: [WholeShard], _ notice: String?, _ isStopRequested: () -> Bool
    ) throws -> Bool {
        let start = MonotonicClock.seconds
        var notice = notice
        for shard in shards {
            let isDone = try shard.verify {
                if let text = notice, MonotonicClock.seconds - start > silence {
                    ConsoleReporter().note(text)
                    notice = nil
                }
                return !isStopRequested()
            }
            guard isDone else { return false }
        }
        return true
    }

    private func notice(of files: [WholeShard]) -> String {
        let bytes = files.reduce(0) { $0 + $1.byteCount }
        return
            "verifying \(counted(files.count, "shard")), \(HumanFormat.bytes(bytes)), "
            + "before training: an earlier version built the corpus, without checksums of blocks; "
            + "one that is built anew starts at once"
    }

    /// Assigns files to ranks, the largest first, each to the rank with the fewest bytes so far;
    /// the same on all ranks.
    ///
    /// - Returns: the indices of each rank's files.
    package static func deal(_ sizes: [Int], among ranks: Int) -> [[Int]] {
        var shares = [[Int]](repeating: [], count: ranks)
        var loads = [Int](repeating: 0, count: ranks)
        let largestFirst = sizes.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
        for index in largestFirst {
            let rank = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
            shares[rank].append(index)
            loads[rank] += sizes[index]
        }
        return shares
    }
}

extension PretrainingRun {
    /// The verification of the data of all phases.
    var shardVerification: ShardVerification {
        ShardVerification(of: phases.flatMap { [$0.source] + ($0.heldout.map { [$0] } ?? []) })
    }

    /// Verifies data that is not verified on reading. Collective.
    ///
    /// - Returns: false, on all ranks, if one was asked to stop meanwhile.
    func verifyData() throws -> Bool {
        let isDone = try shardVerification.run(
            among: communicator,
            isStopRequested: { [timeBudget] in
                StopSignals.received != nil || timeBudget.isSpent()
            })
        // Ranks with small shards waited for the others.
        timeBudget.restart()
        if !isDone, isCoordinator {
            ConsoleReporter().note(
                "stopped while the data were verified; run the same command again")
        }
        return isDone
    }
}
