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
            {"question", "context"}, {"prompt", "choices"}. On a terminal every line is answered at \
            once.
            """)

    @Argument(
        help: """
            The model: a folder of `models` in a directory of `bert-train finetune`, or that \
            directory, where it has one model.
            """)
    var model: String
    @Option(help: "Read this file instead of the standard input.")
    var input: String?
    @Option(help: "Threads.")
    var threads: Int = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
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
        if let input { try Self.redirect(input) }
        let isInteractive = input == nil && isatty(0) == 1
        var requests: [PredictionRequest] = []
        var number = 0
        while true {
            if isInteractive {
                print("\(saved.task.kind.rawValue)> ", terminator: "")
                fflush(nil)
            }
            guard let line = readLine() else { break }
            number += 1
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            do {
                requests.append(
                    try PredictionRequest(
                        line: line, kind: saved.task.kind, path: input ?? "standard input",
                        number: number))
            } catch {
                // A person who mistypes goes on.
                guard isInteractive else { throw error }
                print("\(error)")
                continue
            }
            if isInteractive || requests.count == batch { answer(&requests, predictor) }
        }
        answer(&requests, predictor)
        if isInteractive { print() }
    }

    private func answer(_ requests: inout [PredictionRequest], _ predictor: TaskPredictor) {
        for prediction in predictor.predict(requests) { print(prediction.json) }
        fflush(nil)
        requests.removeAll()
    }

    /// Makes a file the standard input.
    private static func redirect(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, dup2(descriptor, 0) == 0 else {
            throw FileError(.missing, path, "cannot be read: \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }

    /// The model's own folder.
    private static func directory(_ path: String) throws -> String {
        let models = Paths.join(path, "models")
        guard Paths.isDirectory(models) else { return path }
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
