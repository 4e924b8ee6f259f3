import ArgumentParser
import DurableFiles
import FineTuning
import Glibc
import Kernels

/// `bert predict`.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Answers with a fine-tuned model: a line in, a JSON object out.",
        discussion: """
            A line is a text, or text TAB text; words divided by spaces for tagging; question TAB \
            context; prompt TAB choice TAB choice. Or a JSON object: {"text", "pair"}, {"words"}, \
            {"question", "context"}, {"prompt", "choices"}. Each line has one answer; that of an empty \
            line is {}. On a terminal every line is answered at once.
            """)

    @Argument(
        help: """
            The model: a folder of `models` in a directory of `bert-train finetune`, or that \
            directory, where it has one model.
            """)
    var model: String
    @Option(help: "Read this file instead of the standard input.")
    var input: String?
    @Option(help: "Threads; as many as this process has processors, unless said.")
    var threads: Int = max(1, min(ProcessorAffinity.ofThisThread.count, 1024))
    @Option(help: "Lines that are answered together.")
    var batch: Int = 64

    func validate() throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads is 1 to 1024") }
        guard (1...100_000).contains(batch) else {
            throw ValidationError("--batch is 1 to 100000")
        }
    }

    func run() throws {
        let saved = try FineTunedModel(Self.directory(model))
        let predictor = try TaskPredictor(saved, executor: KernelExecutor(threads: threads))
        let name = input ?? "standard input"
        let lines = LineInput(try input.map(Self.open) ?? STDIN_FILENO, name: name)
        let isInteractive = input == nil && isatty(STDIN_FILENO) == 1
        // Nil for an empty line.
        var requests: [PredictionRequest?] = []
        var bytes = 0
        while true {
            // Answers may be redirected to a file; messages to the user are not.
            if isInteractive { Self.say("\(saved.task.kind.rawValue)> ") }
            do {
                guard let line = try lines.next() else { break }
                bytes += line.utf8.count
                if line.contains(where: { !$0.isWhitespace }) {
                    requests.append(
                        try saved.request(line: line, path: name, number: lines.number))
                } else if !isInteractive {
                    requests.append(nil)
                }
            } catch {
                // An interactive user can retype a line.
                guard isInteractive, error is TaskDataError else {
                    try answer(&requests, predictor)
                    throw error
                }
                Self.say("\(error)\n")
                continue
            }
            // Long lines are not collected, because memory would grow with the batch.
            if isInteractive || requests.count >= batch || bytes > Self.batchBytes {
                try answer(&requests, predictor)
                bytes = 0
            }
        }
        try answer(&requests, predictor)
        if isInteractive { Self.say("\n") }
    }

    /// Maximum size in bytes of lines answered together, regardless of `batch`.
    private static let batchBytes = 1 << 20

    /// Answers each line; an empty line gets an empty object, so that answers stay aligned with
    /// their lines.
    private func answer(_ requests: inout [PredictionRequest?], _ predictor: TaskPredictor) throws {
        var predictions = try predictor.predict(requests.compactMap(\.self))[...]
        var text = ""
        for request in requests {
            text += (request == nil ? nil : predictions.popFirst()?.json) ?? "{}"
            text += "\n"
        }
        requests.removeAll()
        try StandardStreams.write(text)
    }

    /// Prints a message to the user; errors are ignored.
    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }

    private static func open(_ path: String) throws -> Int32 {
        let descriptor = Patience.call(path) { Glibc.open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else {
            throw FileError(
                errno == ENOENT ? .missing : .inputOutput, path,
                "cannot be read: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// Directory of the model.
    private static func directory(_ path: String) throws -> String {
        let models = Paths.join(path, "models")
        guard try Paths.isDirectory(models) else { return path }
        let names = try Paths.names(in: models).filter { !$0.hasPrefix(".") }
        guard names.count == 1 else {
            throw FileError(
                .missing, models,
                names.isEmpty
                    ? "holds no model yet"
                    : "holds several models; name one: \(names.joined(separator: ", "))")
        }
        return Paths.join(models, names[0])
    }
}
