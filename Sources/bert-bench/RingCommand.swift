import ArgumentParser
import Distributed
import MPI

/// `mpirun -n 4 bert-bench ring`: this package's ring all-reduce against the library's `MPI_Allreduce`.
///
/// The two take turns, so that what else the machine does slows both alike; of the pairs the median time of each and
/// the median of the ratios are printed. Nothing is timed before both have given the same sums.
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
    var wire = "fp32"
    @Flag(help: "Print one JSON object a line instead of a table.")
    var json = false

    private var megabytes: [Int] { sizes.split(separator: ",").compactMap { Int($0) } }

    func validate() throws {
        guard !megabytes.isEmpty, megabytes.allSatisfy({ (1...4096).contains($0) }),
            megabytes.count == sizes.split(separator: ",", omittingEmptySubsequences: false).count
        else {
            throw ValidationError("--sizes '\(sizes)' is not a list of whole MB from 1 to 4096")
        }
        guard pairs >= 1 else { throw ValidationError("--pairs is at least 1") }
        guard segment >= 2 else { throw ValidationError("--segment is at least 2") }
        guard inFlight >= 1 else { throw ValidationError("--in-flight is at least 1") }
        guard ["fp32", "bf16"].contains(wire) else {
            throw ValidationError("--wire is fp32 or bf16, not '\(wire)'")
        }
    }

    func run() throws {
        let environment = try MPIEnvironment()
        do {
            try measureAll(environment.world)
        } catch {
            print("[rank \(environment.world.rank)] \(error)")
            MPIEnvironment.abort(code: 70)
        }
    }

    private func measureAll(_ world: Communicator) throws {
        let ring = try RingCollective(
            over: world,
            RingConfiguration(segmentElements: segment, segmentsInFlight: inFlight))
        if world.rank == 0, !json { print(RingTiming.header) }
        for size in megabytes {
            let timing = try measure(size, ring, world)
            if world.rank == 0 { print(json ? timing.json : timing.row) }
        }
    }

    private func measure(
        _ megabytes: Int, _ ring: RingCollective, _ world: Communicator
    ) throws -> RingTiming {
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: megabytes << 18)
        defer { buffer.deallocate() }
        let wire: WireType = wire == "bf16" ? .bfloat16 : .float32
        let ringCall = { try ring.allReduce(buffer, wire: wire) }
        let libraryCall = { try ReferenceAllReduce(over: world).allReduce(buffer) }
        try verify(buffer, world, "MPI_Allreduce", libraryCall)
        try verify(buffer, world, "the ring", ringCall)

        var ringSeconds: [Double] = []
        var librarySeconds: [Double] = []
        for pair in 0..<pairs {
            // Whoever goes second finds warmer caches: take turns in that, too.
            if pair % 2 == 0 {
                ringSeconds.append(try seconds(world, buffer, ringCall))
                librarySeconds.append(try seconds(world, buffer, libraryCall))
            } else {
                librarySeconds.append(try seconds(world, buffer, libraryCall))
                ringSeconds.append(try seconds(world, buffer, ringCall))
            }
        }
        return RingTiming(
            ranks: world.size, megabytes: megabytes, wire: wire, ringSeconds: ringSeconds,
            librarySeconds: librarySeconds)
    }

    /// The time until the last rank is through.
    private func seconds(
        _ world: Communicator, _ buffer: UnsafeMutableBufferPointer<Float>,
        _ call: () throws -> Void
    ) throws -> Double {
        // Zeros stay zeros, however often they are summed; values would overflow.
        buffer.update(repeating: 0)
        try world.barrier()
        let start = MPIEnvironment.wallTime
        try call()
        return try world.allReduce(MPIEnvironment.wallTime - start, .maximum)
    }

    /// Sums small integers, which every order of addition, and bfloat16, gives exactly, and compares them all.
    private func verify(
        _ buffer: UnsafeMutableBufferPointer<Float>, _ world: Communicator, _ name: String,
        _ call: () throws -> Void
    ) throws {
        for index in buffer.indices { buffer[index] = Float((index + world.rank) % 5) }
        try call()
        var wrong = 0
        for index in buffer.indices {
            var sum = 0
            for rank in 0..<world.size { sum += (index + rank) % 5 }
            if buffer[index] != Float(sum) { wrong += 1 }
        }
        guard wrong == 0 else {
            throw RingMismatch(name: name, wrong: wrong, count: buffer.count)
        }
    }
}

/// A sum that came out wrong, so that no time is worth printing.
private struct RingMismatch: Error, CustomStringConvertible {
    let name: String
    let wrong: Int
    let count: Int

    var description: String {
        "\(wrong) of \(count) sums from \(name) are wrong; not timed. This is a bug: please report it."
    }
}

/// The times of one size.
private struct RingTiming {
    let ranks: Int
    let megabytes: Int
    let wire: WireType
    let ringSeconds: [Double]
    let librarySeconds: [Double]

    static let header = "ranks     MB    ring ms     MPI ms  MPI/ring  ring GB/s a rank"

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// How many times as fast as the library: the median over the pairs of the quotient of their times.
    private var ratio: Double { median(zip(librarySeconds, ringSeconds).map { $0 / $1 }) }

    /// Bytes each rank sends, 2(N-1)/N of the buffer's elements in the wire's form, in a second.
    private var gigabytesPerSecond: Double {
        let whole = Double((megabytes << 18) * wire.bytesPerElement)
        let bytes = 2 * Double(ranks - 1) / Double(ranks) * whole
        return bytes / median(ringSeconds) / 1e9
    }

    private func rounded(_ value: Double, _ digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let text = String(Int((value * scale).rounded()))
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return padded.dropLast(digits) + "." + padded.suffix(digits)
    }

    private func column(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    var row: String {
        column("\(ranks)", 5) + column("\(megabytes)", 7)
            + column(rounded(median(ringSeconds) * 1e3, 2), 11)
            + column(rounded(median(librarySeconds) * 1e3, 2), 11) + column(rounded(ratio, 2), 10)
            + column(rounded(gigabytesPerSecond, 2), 18)
    }

    var json: String {
        "{\"ranks\":\(ranks),\"megabytes\":\(megabytes),\"wire_bytes\":\(wire.bytesPerElement)"
            + ",\"pairs\":\(ringSeconds.count)"
            + ",\"ring_seconds\":\(median(ringSeconds)),\"mpi_seconds\":\(median(librarySeconds))"
            + ",\"speed_ratio\":\(ratio),\"gigabytes_per_second\":\(gigabytesPerSecond)}"
    }
}
