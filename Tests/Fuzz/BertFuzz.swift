import ArgumentParser
import DurableFiles
import Glibc

/// Feeds hostile files to every reader of the project (docs/testing.md).
@main
struct BertFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bert-fuzz",
        abstract: "Feeds mutated files to every reader, and says which of them it does not bear.",
        subcommands: [Run.self, Repeat.self, SelfTest.self, Worker.self],
        defaultSubcommand: Run.self)
}

extension BertFuzz {
    /// Everything that determines the input of a case.
    struct Address: ParsableArguments {
        @Option(help: "The seed of all mutations.")
        var seed: UInt64 = 1
    }

    /// `bert-fuzz run`.
    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs cases of all readers, or of some.")

        @OptionGroup var address: Address
        @Option(help: "A reader; may be repeated. All, unless said.")
        var reader: [String] = []
        @Option(help: "Cases of each reader; slow readers run a part of it.")
        var cases: Int?
        @Option(help: "The first case of each reader.")
        var first = 0
        @Option(help: "Minutes for everything.")
        var minutes = 10.0
        @Option(help: "Processes that run cases.")
        var workers = 1
        @Option(help: "Where inputs of findings are kept.")
        var findings = "fuzz-findings"
        @Flag(help: "Only list the readers.")
        var list = false

        func run() throws {
            if list { return print(Readers.all.map(\.name).joined(separator: "\n")) }
            let readers = try reader.isEmpty ? Readers.all : reader.map(Readers.named)
            var campaign = try Campaign(
                Campaign.Plan(
                    readers: readers, seed: address.seed, first: first, cases: cases,
                    seconds: Int(minutes * 60), workers: workers, findings: findings))
            let report = try campaign.run()
            print(report.text, terminator: "")
            if report.faults > 0 {
                print("inputs are in \(findings); bert-fuzz repeat READER CASE runs one again")
                throw ExitCode(1)
            }
        }
    }

    /// `bert-fuzz repeat`.
    struct Repeat: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs one case again, in this process.")

        @OptionGroup var address: Address
        @Argument(help: "The reader.")
        var reader: String
        @Argument(help: "The case, by its number, or the directory that an input was kept in.")
        var place: String
        @Option(help: "Also write the input into this directory.")
        var keep: String?

        func run() throws {
            let scratch = try ScratchFiles.makeRoot()
            defer { try? Paths.remove(scratch) }
            let runner = try CaseRunner(
                try Readers.named(reader), seed: address.seed, scratch: scratch)
            guard let number = Int(place) else {
                let (outcome, message) = runner.read(place)
                return print(outcome.line + message)
            }
            if let keep { try ScratchFiles.lay(runner.input(number).files, into: keep) }
            let (outcome, message) = runner.run(number)
            print(outcome.line + message)
        }
    }

    /// `bert-fuzz worker`.
    struct Worker: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs cases and reports each by a line; started by run.", shouldDisplay: false
        )

        @OptionGroup var address: Address
        @Option var reader: String
        @Option var first: Int
        @Option var count: Int
        @Option var seconds: Int
        @Option var caseSeconds: Int
        @Option var megabytes: Int
        @Option var scratch: String

        func run() throws {
            let runner = try CaseRunner(
                try Readers.named(reader), seed: address.seed, scratch: scratch)
            bert_fuzz.Worker(
                runner: runner, limits: WorkerLimits(seconds: caseSeconds, bytes: megabytes << 20)
            ).run(first: first, count: count, seconds: seconds)
        }
    }

    /// `bert-fuzz self-test`.
    struct SelfTest: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that every kind of misbehaviour is found and put down to its case.")

        func run() throws {
            let scratch = try ScratchFiles.makeRoot()
            defer { try? Paths.remove(scratch) }
            var campaign = try Campaign(
                Campaign.Plan(
                    readers: [BrokenReader()], seed: 1, cases: BrokenReader.cases, seconds: 600,
                    workers: 1, limits: WorkerLimits(seconds: 1, bytes: 1 << 30),
                    findings: scratch))
            let report = try campaign.run()
            let found = Set(try Paths.names(in: scratch).filter { !$0.hasSuffix(".txt") })
            let wanted = Set(BrokenReader.broken.map { "broken-\($0)" })
            guard found == wanted, report.cases == BrokenReader.cases else {
                print("found \(found.sorted()), not \(wanted.sorted()) of \(report.cases) cases")
                throw ExitCode(1)
            }
            print("self-test: \(found.count) of \(found.count) kinds of misbehaviour are found")
        }
    }
}
