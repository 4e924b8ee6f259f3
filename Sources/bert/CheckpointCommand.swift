import ArgumentParser
import Checkpointing
import DurableFiles
import Glibc

/// `bert checkpoint`: inspects checkpoints and exchanges models with Hugging Face.
struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Lists, verifies, compares, imports and exports checkpoints.",
        subcommands: [List.self, Verify.self, Diff.self, Import.self, Export.self])

    /// Programs with which models are exchanged.
    enum Format: String, ExpressibleByArgument, CaseIterable { case huggingface }

    /// Warns about newer checkpoints that were skipped.
    static func report(_ skipped: [CheckpointStore.Skipped]) {
        for one in skipped { warn("\(one)") }
    }

    static func warn(_ text: String) {
        StandardStreams.tell("bert: \(text)")
    }
}

extension CheckpointCommand {
    /// `bert checkpoint list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the checkpoints of a run, newest first.",
            discussion: "Reads manifests only; `bert checkpoint verify` reads every byte.")

        @Argument(help: "Run directory.")
        var path: String

        func run() throws {
            for entry in try Checkpoint.entries(path) {
                guard let line = try line(entry.path) else { continue }
                try StandardStreams.writeLine("\(entry.path): \(line)")
            }
        }

        /// Describes a checkpoint in one line; nil if a run has just deleted it.
        private func line(_ path: String) throws -> String? {
            do {
                let checkpoint = try Checkpoint(directory: path)
                let megabytes = (checkpoint.byteCount + 500_000) / 1_000_000
                return "step \(checkpoint.step), \(checkpoint.summary.parameterCount) parameters,"
                    + " optimizer in \(checkpoint.summary.optimizerParts) parts, \(megabytes) MB"
            } catch  where Checkpoint.isFaultOfContent(error) {
                return try Paths.exists(path) ? "not usable: \(error)" : nil
            }
        }
    }

    /// `bert checkpoint verify`.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Checks every file's size and SHA-256, the structure, and that all numbers are finite.",
            discussion: "Of a run directory all checkpoints are checked.")

        @Argument(help: "Run directories and checkpoints.")
        var paths: [String]

        func run() throws {
            var bad = 0
            for path in paths { bad += try verify(path) }
            if bad > 0 { throw ExitCode(65) }
        }

        /// Verifies the checkpoints of `path`, and prints the results.
        ///
        /// - Returns: the number of bad ones.
        private func verify(_ path: String) throws -> Int {
            var (good, bad) = (0, 0)
            var isAnyGone = false
            repeat {
                isAnyGone = false
                for entry in try Checkpoint.entries(path) {
                    if let fault = try fault(of: entry.path) {
                        // A live run deletes old checkpoints.
                        guard try Paths.exists(entry.path) else {
                            isAnyGone = true
                            continue
                        }
                        bad += 1
                        CheckpointCommand.warn("\(fault)")
                    } else {
                        good += 1
                        try StandardStreams.writeLine("\(entry.path): good")
                    }
                }
                // If all were deleted, newer ones exist.
            } while isAnyGone && good + bad == 0
            return bad
        }

        /// Finds the fault of a checkpoint; nil if it is good.
        ///
        /// - Throws: if it cannot be read now, in which case it may be good.
        private func fault(of path: String) throws -> (any Error)? {
            do {
                let checkpoint = try Checkpoint(directory: path)
                try checkpoint.verify()
                try checkpoint.verifyNumbers()
                return nil
            } catch  where Checkpoint.isFaultOfContent(error) {
                return error
            }
        }
    }

    /// `bert checkpoint diff`.
    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compares the parameters of two models, tensor by tensor.",
            discussion: """
                Each may be a run directory, a checkpoint or a model directory of Hugging Face. \
                Equal tensors are not shown.
                """)

        @Argument(help: "First model.")
        var first: String
        @Argument(help: "Second model.")
        var second: String
        @Flag(help: "Show equal tensors, too.")
        var all = false

        func run() throws {
            let (a, skippedA) = try SavedModel.open(first)
            let (b, skippedB) = try SavedModel.open(second)
            CheckpointCommand.report(skippedA + skippedB)
            let differences = try SavedModel.differences(a, b)
            for one in differences where all || !one.isEqual {
                if let mismatch = one.mismatch {
                    try StandardStreams.writeLine("\(one.name): \(mismatch)")
                } else {
                    try StandardStreams.writeLine(
                        "\(one.name): largest difference \(Float(one.maximum)),"
                            + " relative norm \(Float(one.relativeNorm))")
                }
            }
            let equal = differences.count { $0.isEqual }
            try StandardStreams.writeLine("\(equal) of \(differences.count) tensors are equal")
        }
    }
}
