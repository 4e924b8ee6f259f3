import Distributed
import MPI
import MPITestSupport
import Testing

@MainActor @Suite("Shared inputs", .serialized) struct SharedInputsTests {
    private static func inputs(_ pairs: [(String, String)]) -> SharedInputs {
        var inputs = SharedInputs()
        for (name, value) in pairs { inputs.add(name, value) }
        return inputs
    }

    @Test func equalInputsPass() throws {
        try TestJob.forEachCommunicator { communicator, _ in
            try SharedInputs().requireEqual(among: communicator)
            try Self.inputs([("a", "1"), ("empty", ""), ("é", "ü")]).requireEqual(
                among: communicator)
        }
    }

    @Test func oneRankThatDiffersIsNamedOnAllRanks() throws {
        try TestJob.forEachCommunicator { communicator, name in
            guard communicator.size > 1 else { return }
            for odd in 0..<communicator.size {
                let isOdd = communicator.rank == odd
                let inputs = Self.inputs([
                    ("same", "x"), ("rate", isOdd ? "0.1" : "0.2"), ("seed", isOdd ? "8" : "7"),
                ])
                let failure = try #require(throws: Agreement.Failure.self) {
                    try inputs.requireEqual(among: communicator)
                }
                #expect(failure.exitCode == 78, "\(name)")
                let lines = failure.message.split(separator: "\n")
                #expect(lines.count == 3, "\(name): \(failure.message)")
                let host = MPIEnvironment.processorName
                for (line, key, value) in [(1, "rate", "0.1"), (2, "seed", "8")] {
                    #expect(lines[line].hasPrefix("  \(key): "), "\(name): \(failure.message)")
                    #expect(
                        lines[line].contains("\(value) on rank \(odd) (\(host))"),
                        "\(name): \(failure.message)")
                }
            }
        }
    }

    @Test func anInputThatARankDoesNotHaveDiffersFromAnEmptyOne() throws {
        let world = TestJob.world
        guard world.size > 1 else { return }
        let isLast = world.rank == world.size - 1
        let failure = try #require(throws: Agreement.Failure.self) {
            try Self.inputs(isLast ? [] : [("corpus", "")]).requireEqual(among: world)
        }
        #expect(failure.message.contains("nothing on rank \(world.size - 1)"))
    }

    @Test func longListsAndValuesAreCut() throws {
        let world = TestJob.world
        guard world.size > 1 else { return }
        let value = String(repeating: "\(world.rank)", count: 10_000)
        let failure = try #require(throws: Agreement.Failure.self) {
            try Self.inputs((0..<50).map { ("key\($0)", value) }).requireEqual(among: world)
        }
        #expect(failure.message.contains("and 30 more"))
        #expect(failure.message.utf8.count < 20 * 2000 * world.size)
    }
}
