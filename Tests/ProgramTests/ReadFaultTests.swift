import DurableFiles
import Glibc
import TemporaryDirectories
import Testing
import Tokenization

/// Inputs whose file system fails transiently are still read; if it fails for long, they are not
/// considered missing.
@Suite(
    .serialized, .disabled(if: isLaunched, "starts programs of its own"),
    .enabled(if: FailingCalls.isAvailable, "\(FailingCalls.skipping)"))
struct ReadFaultTests {
    private let scratch = TemporaryDirectory()

    /// Runs `bert` with faults, all of which must have happened.
    private func bert(_ arguments: [String], _ faults: FailingCalls) throws -> Outcome {
        var faults = faults
        faults.log = scratch.file("log")
        let outcome = try RunningProgram(
            ["env"] + faults.environment + [Program.path("bert")] + arguments, in: "/"
        ).wait()
        #expect(fileText(scratch.file("log")).split(separator: "\n").count > faults.count)
        return outcome
    }

    private func build() throws -> [String] {
        let text = try scratch.write("input.txt", "The cat sat.\nThe dog ran.\n\nA bird sang.\n")
        let words = try scratch.write("words.txt", try TinyCorpus.vocabulary().text)
        return ["corpus", "build", "--vocab", words, "--output", scratch.file("corpus"), text]
    }

    @Test(
        "text and vocabulary of a corpus",
        arguments: [
            FailingCalls(calls: ["open"], path: "words.txt", count: 2, error: ESTALE),
            FailingCalls(calls: ["read"], path: "words.txt", count: 2, error: EIO),
            FailingCalls(calls: ["stat"], path: "input.txt", count: 2, error: ESTALE),
            FailingCalls(calls: ["open"], path: "input.txt", count: 2, error: EINTR),
            FailingCalls(calls: ["read"], path: "input.txt", count: 2, error: EAGAIN),
        ])
    func corpus(faults: FailingCalls) throws {
        try bert(build(), faults).require()
        #expect(try Paths.exists(scratch.file("corpus/manifest.json")))
    }

    @Test(
        "text that a vocabulary is learned from",
        arguments: [
            FailingCalls(calls: ["open"], path: "input.txt", count: 2, error: ESTALE),
            FailingCalls(calls: ["pread"], path: "input.txt", count: 2, error: EIO),
        ])
    func vocabulary(faults: FailingCalls) throws {
        let text = try scratch.write("input.txt", "The cat sat on the mat.\nThe dog ran.\n")
        try bert(
            [
                "vocab", "train", "--size", "200", "--unused", "0", "--output",
                scratch.file("vocab.txt"), text,
            ], faults
        ).require()
    }

    @Test(
        "input that is unreadable for long is an I/O error",
        arguments: [("open", "words.txt"), ("read", "words.txt"), ("read", "input.txt")])
    func lasting(call: String, path: String) throws {
        var faults = FailingCalls(calls: [call], path: path, count: 1_000_000, error: ESTALE)
        faults.log = scratch.file("lasting")
        let outcome = try RunningProgram(
            ["env"] + faults.environment + [Program.path("bert")] + build(), in: "/"
        ).wait()
        #expect(outcome.status == 74, "\(outcome)")
        #expect(outcome.errors.contains("Stale file handle"), "\(outcome)")
        #expect(outcome.errors.contains(path), "\(outcome)")
    }

    @Test("the configuration", arguments: ["open", "read"])
    func configuration(call: String) throws {
        var run = try Run.tiny(steps: 2)
        var faults = FailingCalls(calls: [call], path: "run.yaml", count: 2, error: EIO)
        run.environment = faults.environment
        try run.finish()
        faults.count = 1_000_000
        run.environment = faults.environment
        let outcome = try run.train()
        try outcome.require(74)
        #expect(outcome.errorLines(with: "run.yaml: cannot be read").count == 1, "\(outcome)")
    }
}
