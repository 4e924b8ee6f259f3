import ArgumentParser
import Checkpointing
import DurableFiles
import FileNames
import Models

extension CheckpointCommand {
    /// `bert checkpoint import`.
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Turns a model of another program into a checkpoint (without optimizer state).")

        @Option(help: "The other program.")
        var from: Format
        @Argument(
            help: """
                Model directory: config.json, model.safetensors (or several, with their index), \
                vocab.txt or tokenizer.json.
                """)
        var directory: String
        @Argument(help: "The checkpoint directory to make.")
        var checkpoint: String
        @Flag(help: "Replace an existing checkpoint.")
        var force = false

        func run() throws {
            let source = try HuggingFaceDirectory(directory)
            let parts = try StoredModel(.huggingFace(source)).parts()
            for notice in parts.notices { CheckpointCommand.warn(notice) }
            let made = try Checkpoint.importHuggingFace(
                from: source, to: checkpoint, layout: parts.layout, replacing: force)
            try StandardStreams.writeLine(
                "\(made.path): \(made.summary.parameterCount) parameters; start from it"
                    + " with model.initialize_from")
        }
    }

    /// `bert checkpoint export`.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the model of a checkpoint for another program.")

        @Option(help: "The other program.")
        var to: Format
        @Argument(help: "Checkpoint, or run directory (its newest good checkpoint).")
        var checkpoint: String
        @Argument(help: "The directory to make.")
        var directory: String
        @Flag(help: "Replace an existing directory.")
        var force = false

        func run() throws {
            let (source, skipped) = try export()
            CheckpointCommand.report(skipped)
            try StandardStreams.writeLine(
                "\(directory): step \(source.step); load it with"
                    + " BertForPreTraining.from_pretrained(\(Self.python(directory)))")
        }

        /// A path in Python's notation, where a byte that is not UTF-8 is a surrogate.
        private static func python(_ path: String) -> String {
            path.unicodeScalars.reduce("\"") { text, scalar in
                if let byte = FileName.byte(of: scalar) {
                    return text + "\\udc" + String(byte, radix: 16)
                }
                return text + ("\"\\".unicodeScalars.contains(scalar) ? "\\" : "") + String(scalar)
            } + "\""
        }

        /// Exports the newest checkpoint. If a live run deletes it meanwhile, exports the one that
        /// is newest then.
        private func export() throws -> (Checkpoint, [CheckpointStore.Skipped]) {
            while true {
                let (source, skipped) = try Checkpoint.open(checkpoint)
                do {
                    try source.exportHuggingFace(to: directory, replacing: force)
                    return (source, skipped)
                } catch {
                    guard try source.path != checkpoint && !Paths.exists(source.path) else {
                        throw error
                    }
                }
            }
        }
    }
}
