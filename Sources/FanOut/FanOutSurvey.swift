import BERT
import DurableFiles
import ExitCoding
import FileNames
public import FineTuning
import Tokenization

/// Everything about a fan-out that can be known before it begins: the models that it starts from,
/// verified, and what the files of its tasks hold. Nothing is written.
public struct FanOutSurvey {
    /// The models of the configuration, in its order.
    let starts: [StartingModel]
    /// The tasks of the configuration, in its order.
    public let tasks: [TaskSurvey]

    /// Opens all models and reads all files, in this process alone.
    ///
    /// - Parameter notice: receives a note on checkpoints that were skipped as damaged.
    /// - Throws: `FanOutError` that names everything that is wrong, in all models and tasks.
    public init(_ configuration: FineTuningConfiguration, notice: (String) -> Void) throws {
        var problems = FanOutProblems()
        let starts = configuration.checkpoints.compactMap { point in
            problems.collect("model \(point.name)") { try StartingModel(opening: point, notice) }
        }
        // Without a model the files can still be read, if not cut into its tokens.
        let tokenizer = try starts.first?.tokenizer ?? Self.anyTokenizer()
        let tasks = configuration.tasks.compactMap { task in
            for start in starts {
                if let misfit = Self.misfit(task, of: configuration, start) {
                    problems.add(misfit.description, status: misfit.exitCode)
                }
            }
            return problems.survey(task, configuration, tokenizer)
        }
        try problems.throwAny()
        self.starts = starts
        self.tasks = tasks
    }

    /// Reason that a model cannot read the inputs of a task; nil if it can.
    static func misfit(
        _ task: TaskDefinition, of configuration: FineTuningConfiguration, _ start: StartingModel
    ) -> FanOutError? {
        let length = task.sequenceLength ?? configuration.sequenceLength
        let inputs = ModelInputs(
            length: length, vocabularySize: start.tokenizer.vocabulary.count,
            hasPairs: task.columns.pair != nil || task.kind == .questionAnswering
                || task.kind == .multipleChoice)
        guard let problem = start.configuration.problem(withInputs: inputs) else { return nil }
        return FanOutError(
            "task \(task.name) (sequence_length \(length)) does not fit the model in "
                + "\(start.point.path): \(problem)", exitCode: ExitStatus.configuration)
    }

    private static func anyTokenizer() throws -> WordPieceTokenizer {
        WordPieceTokenizer(
            vocabulary: try Vocabulary(lines: Vocabulary.specialTokens), lowercase: true)
    }
}

/// Problems that keep a fan-out from starting, collected so that they are reported at once.
private struct FanOutProblems {
    private var messages: [String] = []
    /// The exit status of the first one.
    private var status: Int32?

    mutating func add(_ message: String, status: Int32) {
        messages.append(message)
        self.status = self.status ?? status
    }

    /// The result of `body`; nil, and a problem of `subject`, where it throws.
    mutating func collect<Result>(_ subject: String, _ body: () throws -> Result) -> Result? {
        do {
            return try body()
        } catch {
            add("\(subject): \(error)", status: ExitStatus.of(error))
            return nil
        }
    }

    /// Reads the files of a task.
    mutating func survey(
        _ task: TaskDefinition, _ configuration: FineTuningConfiguration,
        _ tokenizer: WordPieceTokenizer
    ) -> TaskSurvey? {
        var isComplete = true
        var seen: Set<[UInt8]> = []
        for path in [task.train, task.evaluate]
        where seen.insert(FileName.bytes(of: path)).inserted {
            let isThere = collect("task \(task.name)") { try Paths.exists(path) }
            guard isThere != true else { continue }
            isComplete = false
            if isThere == false {
                add(
                    "task \(task.name): there is no file \(path)",
                    status: ExitStatus.missingInput)
            }
        }
        guard isComplete else { return nil }
        return collect("task \(task.name)") {
            TaskSurvey(
                try TaskData.load(
                    task, tokenizer: tokenizer, sequenceLength: configuration.sequenceLength), task)
        }
    }

    func throwAny() throws {
        guard let status else { return }
        guard messages.count > 1 else { throw FanOutError(messages[0], exitCode: status) }
        throw FanOutError(
            "\(messages.count) things keep the fan-out from starting:\n"
                + messages.map { "  \($0)" }.joined(separator: "\n"), exitCode: status)
    }
}
