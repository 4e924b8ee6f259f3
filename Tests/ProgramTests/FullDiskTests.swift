import DurableFiles
import Glibc
import TemporaryDirectories
import Testing

/// A disk too full for a checkpoint does not end training, and damages no existing checkpoint.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct FullDiskTests {
    static let canMount = geteuid() == 0 && SmallDisk(kilobytes: 64) != nil

    private static func run() throws -> Run {
        var run = try Run.tiny(steps: 9)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 3")
        return run
    }

    @Test(
        "a small file system", .enabled(if: canMount, "SKIPPED: needs root and mount(8)"),
        arguments: [1, 3])
    func smallDisk(ranks: Int) throws {
        let run = try Self.run()
        let whole = try Self.run()
        try whole.finish(ranks: ranks)
        // Enough space for the check before a checkpoint, but not for all of them.
        let disk = try #require(SmallDisk(kilobytes: 6 << 10))
        let directory = disk.file("run")
        let filler = disk.file("filler")
        let arguments = try run.arguments()
            .map { $0 == run.directory ? directory : $0 }
        try WholeFiles.writeAtomically(filler, [UInt8](repeating: 1, count: 5 << 20))
        let outcome = try Program.train(ranks: ranks, arguments)
        // Training continued to its end, where a checkpoint is required.
        try outcome.require(74)
        #expect((outcome.output + outcome.errors).contains("training goes on"), "\(outcome)")
        #expect(outcome.errorLines(with: "bert-train: ").count == 1, "\(outcome)")
        let steps = fileText(Paths.join(directory, "metrics.jsonl")).split(separator: "\n")
        #expect(steps.count { $0.contains("\"event\":\"step\"") } == 9)

        // With room again, the same command ends well, with the same bits.
        try Paths.remove(filler)
        try Program.train(ranks: ranks, arguments).require()
        let content = try CheckpointContent("\(directory)/checkpoints/step-00000009")
        #expect(try content == whole.content(9))
    }

    /// The pre-check only considers bytes. With plenty of bytes but few inodes it passes, and each
    /// number of inodes makes the creation of a different file fail, on any rank.
    @Test(
        "a file that cannot be made in the middle of a checkpoint, on any rank",
        .enabled(if: canMount, "SKIPPED: needs root and mount(8)"))
    func failingFiles() throws {
        let run = try Self.run()
        let whole = try Self.run()
        try whole.finish(ranks: 3)
        var trained = 0
        for free in 5...16 {
            let disk = try #require(SmallDisk(kilobytes: 64 << 10, inodes: 64))
            let directory = disk.file("run")
            let arguments = try run.arguments().map { $0 == run.directory ? directory : $0 }
            // Beside the root of the file system.
            let fillers = (0..<(63 - free)).map { disk.file("filler-\($0)") }
            for filler in fillers { fclose(fopen(filler, "w")) }
            let outcome = try Program.train(ranks: 3, arguments)
            try outcome.require(74)
            #expect(outcome.errorLines(with: "bert-train: ").count == 1, "\(free): \(outcome)")
            let log = fileText(Paths.join(directory, "metrics.jsonl")).split(separator: "\n")
            let steps = log.count { $0.contains("\"event\":\"step\"") }
            if (outcome.output + outcome.errors).contains("training goes on") {
                trained += 1
                #expect(steps == 9, "\(free): \(outcome)")
            } else {
                #expect(steps == 0, "\(free): \(outcome)")
            }
            for filler in fillers { unlink(filler) }
            try Program.train(ranks: 3, arguments).require()
            let content = try CheckpointContent("\(directory)/checkpoints/step-00000009")
            #expect(try content == whole.content(9), "\(free)")
        }
        // Model, three parts and manifest: one of them each time.
        #expect(trained >= 5)
    }
}

/// A file system of a few kilobytes in memory, for the lifetime of this value.
final class SmallDisk {
    private let scratch = TemporaryDirectory()

    /// Nil if mounting is not permitted.
    init?(kilobytes: Int, inodes: Int = 1000) {
        let options = "size=\(kilobytes)k,nr_inodes=\(inodes)"
        guard mount("tmpfs", scratch.path, "tmpfs", 0, options) == 0 else { return nil }
    }

    deinit { umount2(scratch.path, Int32(MNT_DETACH)) }

    func file(_ name: String) -> String { scratch.file(name) }
}
