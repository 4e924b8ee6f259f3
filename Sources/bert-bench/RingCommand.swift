public import ArgumentParser
public import Distributed
import ExitCoding
import Glibc
import MPI
import OperatingSystem
import Reporting
import Runtime

/// `mpirun -n 4 bert-bench ring`: this package's ring all-reduce against the library's
/// `MPI_Allreduce`, in alternating pairs. Nothing is timed before both have given the right sums.
struct Ring: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ring",
        abstract: "Time the ring all-reduce against MPI_Allreduce; run it under mpirun.")

    @Option(help: "Sizes of the buffer in MB (2^20 bytes), separated by commas.")
    var sizes = "4,16,64"
    @Option(help: "Pairs of runs for each size.")
    var pairs = 15
    @Option(help: "Elements of a segment.")
    var segment = RingConfiguration().segmentElements
    @Option(help: "Segments under way at once.")
    var inFlight = RingConfiguration().segmentsInFlight
    @Option(help: "What travels: fp32 or bf16.")
    var wire = WireType.float32
    @Flag(help: "Print one JSON object a line instead of a table.")
    var json = false

    private static let longestSegment = 1 << 24
    private static let mostInFlight = 64
    /// With more ranks, sums may exceed what bfloat16 represents: see ``value(_:rank:)``.
    private static let mostNarrowRanks = 2000

    private var megabytes: [Int] { sizes.split(separator: ",").compactMap { Int($0) } }

    func validate() throws {
        guard !megabytes.isEmpty, megabytes.allSatisfy({ (1...4096).contains($0) }),
            megabytes.count == sizes.split(separator: ",", omittingEmptySubsequences: false).count
        else {
            throw ValidationError("--sizes '\(sizes)' is not a list of whole MB from 1 to 4096")
        }
        try Limits.check(pairs: pairs)
        guard (2...Self.longestSegment).contains(segment) else {
            throw ValidationError(
                "--segment is \(segment); it must lie between 2 and \(Self.longestSegment)")
        }
        guard (1...Self.mostInFlight).contains(inFlight) else {
            throw ValidationError(
                "--in-flight is \(inFlight); it must lie between 1 and \(Self.mostInFlight)")
        }
    }

    func run() throws {
        let environment = try MPIEnvironment()
        let world = environment.world
        var status: Int32 = 0
        do {
            try measureAll(world)
        } catch let failure as Agreement.Failure {
            // All ranks have the failure, so one reports it.
            if world.rank == 0 { Output.note(failure.message) }
            status = failure.exitCode
        } catch {
            // Rank 0 goes first and ends the others, so that a common cause is reported once.
            if world.rank > 0 { usleep(300_000) }
            Output.note("rank \(world.rank): \(error)")
            MPIEnvironment.abort(code: ExitStatus.of(error))
        }
        fflush(nil)
        environment.leave(status: status)
        if status != 0 { throw ExitCode(status) }
    }

    /// Throws if the number of ranks or their memory is insufficient, before anything is allocated.
    /// Collective.
    private func check(_ world: Communicator) throws {
        let memory = try MemoryShare(among: world)
        try Agreement(among: world).throwingTogether {
            guard wire != .bfloat16 || world.size <= Self.mostNarrowRanks else {
                throw BenchmarkError(
                    "--wire bf16 can be verified on at most \(Self.mostNarrowRanks) ranks, not "
                        + "\(world.size): start fewer, or use --wire fp32",
                    exitCode: ExitStatus.usage)
            }
            let elements = (megabytes.max() ?? 0) << 18
            let segments = 2 * inFlight * segment
            try memory.check(
                (elements + segments) * MemoryLayout<Float>.stride,
                of: "a buffer of \(elements >> 18) MB with \(inFlight) segments of \(segment) "
                    + "elements in flight",
                advice: "lower --sizes, --segment or --in-flight, or start fewer ranks")
        }
    }

    private func measureAll(_ world: Communicator) throws {
        try check(world)
        let ring = try RingCollective(
            over: world,
            RingConfiguration(segmentElements: segment, segmentsInFlight: inFlight))
        let results = try megabytes.map { try measure($0, ring, world) }
        guard world.rank == 0 else { return }
        if json {
            for result in results { try Output.json(result) }
        } else {
            Output.table(
                ["ranks", "MB", "ring ms", "MPI ms", "MPI/ring", "ring GB/s a rank"],
                results.map(\.row))
        }
    }

    private func measure(
        _ megabytes: Int, _ ring: RingCollective, _ world: Communicator
    ) throws -> RingResult {
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: megabytes << 18)
        defer { buffer.deallocate() }
        let ringCall = { try ring.allReduce(buffer, wire: wire) }
        let libraryCall = { try ReferenceAllReduce(over: world).allReduce(buffer) }
        try verify(buffer, world, "MPI_Allreduce", libraryCall)
        try verify(buffer, world, "the ring", ringCall)
        let times = try alternating(
            pairs: pairs, timed: { try seconds(world, buffer, ringCall) },
            { try seconds(world, buffer, libraryCall) })
        return RingResult(
            ranks: world.size, megabytes: megabytes, wire: wire, ring: times.first,
            library: times.second)
    }

    /// Time until the last rank has finished.
    private func seconds(
        _ world: Communicator, _ buffer: UnsafeMutableBufferPointer<Float>,
        _ call: () throws -> Void
    ) throws -> Double {
        // Zeros stay zeros, however often they are summed; other values would overflow.
        buffer.update(repeating: 0)
        try world.barrier()
        let start = MonotonicClock.seconds
        try call()
        return try world.allReduce(MonotonicClock.seconds - start, .maximum)
    }

    /// Sums zeros and ones and compares all sums with the expected ones; every rank gets the
    /// result.
    ///
    /// - Throws: `Agreement.Failure` on all ranks if a sum is wrong on any.
    private func verify(
        _ buffer: UnsafeMutableBufferPointer<Float>, _ world: Communicator, _ name: String,
        _ call: () throws -> Void
    ) throws {
        for index in buffer.indices { buffer[index] = Self.value(index, rank: world.rank) }
        try call()
        var wrong: Int64 = 0
        for index in buffer.indices {
            var sum: Float = 0
            for rank in 0..<world.size { sum += Self.value(index, rank: rank) }
            if buffer[index] != sum { wrong += 1 }
        }
        wrong = try world.allReduce(wrong, .sum)
        try Agreement(among: world).throwingTogether {
            guard wrong == 0 else {
                throw BenchmarkError(
                    "\(wrong) of \(buffer.count * world.size) sums of \(world.size) ranks from "
                        + "\(name) are wrong; not timed. This is a bug: please report it")
            }
        }
    }

    /// 1 for an eighth of the elements, selected by a hash of element and rank, otherwise 0, so
    /// that misplaced elements are detected. Sums are exact in any order, even in bfloat16, which
    /// represents integers up to 256: sums of fewer than 2000 ranks do not exceed that.
    private static func value(_ index: Int, rank: Int) -> Float {
        let hash = UInt32(truncatingIfNeeded: index &+ rank &* 40_503) &* 0x9e37_79b1
        return hash >> 29 == 0 ? 1 : 0
    }
}

/// Measurements at one size: medians over the pairs.
private struct RingResult: Encodable {
    let ranks: Int
    let megabytes: Int
    let wireBytes: Int
    let pairs: Int
    let ringSeconds: Double
    let mpiSeconds: Double
    /// Speed relative to the library: the median over the pairs.
    let speedRatio: Double
    /// Rate of the bytes sent by each rank: 2(N-1)/N of the buffer's elements, in the wire format.
    let gigabytesPerSecond: Double

    init(ranks: Int, megabytes: Int, wire: WireType, ring: [Double], library: [Double]) {
        self.ranks = ranks
        self.megabytes = megabytes
        wireBytes = wire.bytesPerElement
        pairs = ring.count
        ringSeconds = median(ring)
        mpiSeconds = median(library)
        speedRatio = medianRatio(library, over: ring)
        let bytes = Double((megabytes << 18) * wireBytes)
        gigabytesPerSecond = 2 * Double(ranks - 1) / Double(ranks) * bytes / ringSeconds / 1e9
    }

    var row: [String] {
        ["\(ranks)", "\(megabytes)"]
            + [ringSeconds * 1e3, mpiSeconds * 1e3, speedRatio, gigabytesPerSecond].map {
                HumanFormat.fixed($0, decimals: 2)
            }
    }
}

extension WireType: ExpressibleByArgument {}
