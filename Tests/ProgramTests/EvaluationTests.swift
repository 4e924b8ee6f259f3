import DurableFiles
import FoundationEssentials
import Reporting
import TemporaryDirectories
import Testing
import Tokenization

@Suite struct EvaluationTests {
    /// An evaluation as `evaluate --json` writes it.
    private struct Report: Decodable {
        let step: Int
        let checkpoint: String
        let mlmAccuracy: Double
        let mlmAccuracyLow: Double
        let mlmAccuracyHigh: Double
        let mlmTokens: Int
        let groups: [Group]

        struct Group: Decodable {
            let by: String
            let group: String
            let mlmAccuracy: Double
            let mlmTokens: Int
            let nspPairs: Int?
        }

        static func read(_ bytes: [UInt8]) throws -> [Report] {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode([Report].self, from: Data(bytes))
        }
    }

    private static let settings = [
        "--set", "data.sequence_length=32", "--set", "masking.max_predictions=6", "--set",
        "parallel.threads=1",
    ]

    @Test(
        "all checkpoints of a run, the same bits on any number of ranks; damaged ones are passed over"
    )
    func curve() throws {
        var run = try Run.tiny(steps: 6)
        run.configuration = run.configuration.replacing(
            "{every_steps: 0, every_minutes: 0, keep_last: 0}",
            with: "{every_steps: 2, every_minutes: 0, keep_last: 0}")
        try run.finish()
        let scratch = TemporaryDirectory()
        func evaluate(_ ranks: Int) throws -> (Outcome, [UInt8]) {
            let file = scratch.file("\(ranks).json")
            let outcome = try Program.train(
                ranks: ranks,
                [
                    "evaluate", "--all", "--checkpoint", run.directory, "--data",
                    TinyCorpus.path(), TinyCorpus.otherPath(), "--json", file,
                ] + Self.settings)
            try outcome.require()
            return (outcome, try fileBytes(file))
        }
        let (_, alone) = try evaluate(1)
        for ranks in [2, 3, 8] { #expect(try evaluate(ranks).1 == alone) }
        let reports = try Report.read(alone)
        #expect(reports.map(\.step) == [2, 4, 6])
        for report in reports {
            #expect(report.checkpoint == run.checkpoint(report.step))
            #expect(
                (report.mlmAccuracyLow...report.mlmAccuracyHigh).contains(report.mlmAccuracy))
            let names = report.groups.map { "\($0.by) \($0.group)" }
            #expect(
                names == [
                    "frequency frequent", "frequency rare", "word whole", "word piece",
                    "corpus \(try TinyCorpus.path())", "corpus \(try TinyCorpus.otherPath())",
                ])
            for pair in [0, 2, 4] {
                let parts = report.groups[pair...(pair + 1)]
                #expect(parts.reduce(0) { $0 + $1.mlmTokens } == report.mlmTokens)
                let correct = parts.reduce(0.0) { $0 + $1.mlmAccuracy * Double($1.mlmTokens) }
                #expect(abs(correct / Double(report.mlmTokens) - report.mlmAccuracy) < 1e-12)
            }
            #expect(
                report.groups.map { $0.nspPairs == nil } == [true, true, true, true, false, false])
        }
        try WholeFiles.writeAtomically(Paths.join(run.checkpoint(4), "model.h5"), "damaged")
        let (outcome, rest) = try evaluate(2)
        #expect(outcome.errors.contains("passed over") || outcome.output.contains("passed over"))
        #expect(try Report.read(rest).map(\.step) == [2, 6])
    }

    @Test("a run ends as soon as it reaches its target, and knows that it is finished")
    func target() throws {
        var run = try Run.tiny(steps: 12)
        run.configuration = run.configuration.replacing(
            "evaluation: {every_steps: 0}", with: "evaluation: {every_steps: 3, target: 1.0e-9}")
        // The accuracy of so small a run is unknown, except that it rises above zero.
        let first = try run.finish(ranks: 2)
        let summary = try RunSummary.read(directory: run.directory)
        let last = try #require(summary.evaluations.last)
        try #require(last.mlmAccuracy > 0, "\(summary.evaluations)")
        #expect(summary.status == "finished" && summary.step == last.step)
        if last.step < 12 {
            #expect(first.output.contains("the target is reached at step \(last.step) of 12"))
            #expect(summary.evaluations.dropLast().allSatisfy { $0.mlmAccuracy == 0 })
        }
        #expect(try run.checkpoints() == [Paths.name(of: run.checkpoint(last.step))])
        let log = try fileBytes(run.path("metrics.jsonl"))
        #expect(try run.finish(ranks: 2).output.contains("the run is finished"))
        #expect(try fileBytes(run.path("metrics.jsonl")) == log)
        #expect(try RunSummary.read(directory: run.directory) == summary)
        // A higher target, for which training continues.
        run.configuration = run.configuration.replacing("target: 1.0e-9", with: "target: 1")
        try run.finish(ranks: 2)
        #expect(try RunSummary.read(directory: run.directory).step == 12)
    }

    @Test("the checkpoint of the best evaluation stays", arguments: [true, false])
    func best(_ isResumed: Bool) throws {
        var run = try Run.tiny(steps: 12)
        run.configuration = run.configuration
            .replacing("{every_steps: 0}", with: "{every_steps: 1}")
            .replacing(
                "{every_steps: 0, every_minutes: 0, keep_last: 0}",
                with: "{every_steps: 5, every_minutes: 0, keep_last: 1, keep_best: true}")
        // Training that degrades it and improves it.
        run.configuration = run.configuration.replacing("1.0e-3", with: "3.0e-2")
        try run.finish()
        if isResumed {
            for name in try run.checkpoints() where name > "step-00000005" {
                try Paths.remove(run.path("checkpoints/\(name)"))
            }
            try run.finish()
        }
        let evaluations = try run.evaluations()
        let best = try #require(evaluations.map(\.mlmAccuracy).max())
        let step = try #require(evaluations.first { $0.mlmAccuracy == best }).step
        let expected = Set([step, 12]).sorted().map { Paths.name(of: run.checkpoint($0)) }
        #expect(try run.checkpoints() == expected)
        let summary = try RunSummary.read(directory: run.directory)
        #expect(summary.bestStep == step && summary.bestMaskedAccuracy == best)
    }

    @Test("a target without held-out data is refused", arguments: ["target", "keep_best"])
    func nothingHeldOut(_ key: String) throws {
        let scratch = TemporaryDirectory()
        let file = scratch.file("rows.hdf5")
        try NvidiaRows(
            rows: 12, length: 16, vocabularySize: TinyCorpus.vocabulary().count
        ).write(file)
        let vocabulary = Paths.join(try TinyCorpus.path(), "vocab.txt")
        var run = try Run.tiny()
        run.configuration = run.configuration
            .replacing("sequence_length: 32}", with: "format: nvidia_hdf5}")
            .replacing("[\"\(try TinyCorpus.path())\"]", with: "[\"\(file)\"]")
            .replacing("model: {", with: "model: {vocabulary: \"\(vocabulary)\", ")
        let setting = key == "target" ? "evaluation.target=0.5" : "checkpoint.keep_best=true"
        let outcome = try run.train(["--set", setting])
        #expect(outcome.status == 78, "\(outcome)")
        #expect(outcome.errors.contains("need held-out data"), "\(outcome)")
    }
}
