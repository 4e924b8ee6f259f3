import DurableFiles
import Reporting
import Testing

/// Results do not depend on the division of the work.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct ObjectiveTests {
    /// One rank, whole batches: the reference for all others.
    private static let reference = Result {
        let run = try Run.tiny()
        try run.finish(["--set", "batch.micro=12"])
        return run
    }

    @Test(
        "the same losses with dropout, for any number of ranks and micro-batch size",
        arguments: [(1, 1), (1, 5), (2, 12), (3, 2), (5, 1), (8, 1), (8, 12)])
    func split(_ ranks: Int, _ micro: Int) throws {
        let reference = try Self.reference.get()
        let run = try Run.tiny()
        try run.finish(ranks: ranks, ["--set", "batch.micro=\(micro)"])
        let (steps, expected) = (try run.steps(), try reference.steps())
        #expect(relativeDifference(steps.map(\.loss), expected.map(\.loss)) < 1e-5)
        #expect(steps.map(\.tokens) == expected.map(\.tokens))
        #expect(steps.map(\.samples) == expected.map(\.samples))
        #expect(try run.content(12).distance(to: reference.content(12)) < 1e-4)
    }

    @Test("the same losses for any bucket, with and without overlap, on any threads")
    func reduction() throws {
        let reference = try Self.reference.get()
        let ways = [
            ["parallel.bucket_megabytes=0.001"], ["parallel.overlap=false"],
            ["parallel.threads=2", "parallel.bucket_megabytes=0.01"],
        ]
        for way in ways {
            let run = try Run.tiny()
            try run.finish(ranks: 3, way.flatMap { ["--set", $0] })
            #expect(
                relativeDifference(try run.losses(), try reference.losses()) < 1e-5, "\(way)")
        }
    }

    @Test("two runs of the same command end with the same bytes", arguments: [1, 3])
    func repeatable(ranks: Int) throws {
        let (first, second) = (try Run.tiny(), try Run.tiny())
        try first.finish(ranks: ranks)
        try second.finish(ranks: ranks)
        #expect(try first.content(12) == second.content(12))
    }

    @Test("another seed gives another run")
    func seed() throws {
        let run = try Run.tiny()
        try run.finish(["--set", "run.seed=8"])
        #expect(try run.losses() != Self.reference.get().losses())
    }

    @Test("without a launcher the program is one rank")
    func alone() throws {
        let run = try Run.tiny()
        try run.finish()
        #expect(try run.losses().count == 12)
        #expect(fileText(run.path("summary.json")).contains("\"ranks\": 1"))
    }
}
