import BERT
import DurableFiles
import ExitCoding
import FileNames
import FineTuning
import Formats
import Reporting
import Tokenization

/// Survey of a fan-out before it begins: its directory, its verified starting models, and the
/// contents of its tasks' files. `finetune` does not start if there are problems; `check` lists
/// them. Nothing is written.
struct FanOutSurvey {
    /// Problems that prevent the fan-out from starting, in the order in which they were found,
    /// without duplicates.
    private(set) var problems: [CheckReport.Problem] = []
    /// Warnings about the models: damaged checkpoints that were skipped, missing poolers.
    private(set) var notices: [String] = []
    /// Notes on the data, with the names of their tasks.
    private(set) var dataNotices: [String] = []
    /// Models of the configuration in its order, without those that cannot be opened.
    private(set) var starts: [StartingModel] = []
    /// Tasks of the configuration in its order, without those that cannot be read.
    private(set) var tasks: [(index: Int, survey: TaskSurvey)] = []
    /// Work of every task from every model, without those that cannot be read.
    private(set) var works: [TaskWork] = []

    private let configuration: FineTuningConfiguration
    private let unread: UnreadKeys

    /// Opens all models and reads all files, in this process only.
    ///
    /// - Parameters:
    ///   - directory: directory of the results; nil if unknown.
    ///   - unread: keys of the configuration that could not be read; checks that depend on them are
    ///     skipped.
    init(
        _ configuration: FineTuningConfiguration, directory: FanOutDirectory?,
        unread: UnreadKeys = UnreadKeys()
    ) {
        self.configuration = configuration
        self.unread = unread
        attempt { try directory?.requireOwn() }
        for (index, point) in configuration.checkpoints.enumerated()
        where !unread.affect("checkpoints[\(index)]", beside: ["name"]) {
            var found: [String] = []
            let start = attempt("model \(point.name)") {
                try StartingModel(opening: point) { found.append($0) }
            }
            notices += found
            if let start { starts.append(start) }
        }
        for index in configuration.tasks.indices { inspect(index) }
    }

    /// Throws if there are problems.
    ///
    /// - Throws: `FanOutError` that names all of them.
    func requireSound() throws {
        guard let first = problems.first else { return }
        guard problems.count > 1 else {
            throw FanOutError(first.message, exitCode: first.exitCode)
        }
        throw FanOutError(
            "\(problems.count) things keep the fan-out from starting:\n"
                + problems.map { "  \($0.message)" }.joined(separator: "\n"),
            exitCode: first.exitCode)
    }

    /// Result of `body`; if it throws, nil, and the error is added as a problem of `subject`.
    @discardableResult
    private mutating func attempt<Result>(
        _ subject: String? = nil, _ body: () throws -> Result
    ) -> Result? {
        do {
            return try body()
        } catch {
            add((subject.map { $0 + ": " } ?? "") + "\(error)", ExitStatus.of(error))
            return nil
        }
    }

    private mutating func add(_ message: String, _ exitCode: Int32) {
        let problem = CheckReport.Problem(message, exitCode: exitCode)
        if !problems.contains(problem) { problems.append(problem) }
    }

    private mutating func inspect(_ index: Int) {
        let (task, path) = (configuration.tasks[index], "tasks[\(index)]")
        let hasFiles = hasFiles(task, path)
        // The contents of its data depend neither on its name nor on its training settings.
        let unneeded = ["name", "batch_size", "learning_rates", "epochs"]
        guard !unread.affect(path, beside: unneeded), !unread.affect("sequence_length") else {
            return
        }
        for start in starts {
            if let misfit = misfit(task, start) { add(misfit, ExitStatus.configuration) }
            if task.kind.head(labels: 2).usesPooler, !start.hasPooler {
                notices.append(
                    "\(start.point.path) has no pooler (bert.pooler), so that of task "
                        + "\(task.name) starts from random numbers")
            }
        }
        if hasFiles { read(index, task) }
    }

    /// Reason why a model cannot read the inputs of a task; nil if it can.
    private func misfit(_ task: TaskDefinition, _ start: StartingModel) -> String? {
        let length = configuration.sequenceLength(of: task)
        let inputs = ModelInputs(
            length: length, vocabularySize: start.tokenizer.vocabulary.count,
            hasPairs: task.hasPairs)
        return start.configuration.problem(withInputs: inputs).map {
            "task \(task.name) (sequence_length \(length)) does not fit the model in "
                + "\(start.point.path): \($0)"
        }
    }

    /// Checks whether the files of the task at `place` exist.
    private mutating func hasFiles(_ task: TaskDefinition, _ place: String) -> Bool {
        var isComplete = true
        var seen: Set<[UInt8]> = []
        for (key, path) in [("train", task.train), ("evaluate", task.evaluate)]
        where !unread.affect("\(place).\(key)")
            && seen.insert(FileName.bytes(of: path)).inserted
        {
            let isThere = attempt("task \(task.name)") { try Paths.exists(path) }
            if isThere == false {
                add("task \(task.name): there is no file \(path)", ExitStatus.missingInput)
            }
            if isThere != true { isComplete = false }
        }
        return isComplete
    }

    /// Reads the files of a task, once per tokenizer that splits texts differently.
    private mutating func read(_ index: Int, _ task: TaskDefinition) {
        let configuration = configuration
        guard !starts.isEmpty else {
            // The files can still be read, although not tokenized for a model.
            if let data = attempt(
                "task \(task.name)",
                { try Self.load(task, configuration, try Self.anyTokenizer()) })
            {
                add(data, index)
            }
            return
        }
        var readings: [(start: StartingModel, data: TaskData?)] = []
        for start in starts {
            let earlier = readings.first { $0.start.readsTexts(as: start) }
            let data =
                earlier.map(\.data)
                ?? attempt("task \(task.name)") {
                    try Self.load(task, configuration, start.tokenizer)
                }
            readings.append((start, data))
            guard let data else { continue }
            if readings.count == 1 { add(data, index) }
            works.append(TaskWork(index, of: configuration, from: start, data))
        }
    }

    private mutating func add(_ data: TaskData, _ index: Int) {
        let task = configuration.tasks[index]
        tasks.append((index, TaskSurvey(data, task)))
        dataNotices += data.notes.map { "task \(task.name): \($0)" }
    }

    private static func load(
        _ task: TaskDefinition, _ configuration: FineTuningConfiguration,
        _ tokenizer: WordPieceTokenizer
    ) throws -> TaskData {
        try TaskData.load(
            task, tokenizer: tokenizer, sequenceLength: configuration.sequenceLength)
    }

    private static func anyTokenizer() throws -> WordPieceTokenizer {
        WordPieceTokenizer(
            vocabulary: try Vocabulary(lines: Vocabulary.specialTokens), lowercase: true)
    }
}
