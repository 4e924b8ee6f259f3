import BERT
import Formats

/// Everything that depends on the kind of a task: its metrics, head, files, inputs, scores and
/// predictions.
///
/// Each kind is one type that conforms, in a file of its own; `TaskKind.rules` is the only place
/// that lists them.
protocol TaskRules: Sendable {
    /// Encoded examples of one file, or of one request.
    associatedtype Examples: TaskExamples
    /// A parsed line of `bert predict`.
    associatedtype Request: TaskRequest
    /// The part of a model's outputs for one input that a prediction needs.
    associatedtype Output = [Float]

    // MARK: The model

    /// Metrics of the kind; trials are compared by the first unless the task selects another.
    var metrics: [TaskMetric] { get }
    /// Hugging Face's class that loads such a model.
    var architecture: String { get }
    /// Hugging Face's `problem_type` of such a model, if it has one.
    var problemType: String? { get }
    /// Whether every input has two segments, whatever columns the task has.
    var alwaysHasPairs: Bool { get }

    /// The head, with one class per label if it has classes.
    func head(labels: Int) -> TaskHead
    /// Names of the head's outputs in `id2label`; empty if they have none.
    func outputNames(_ labels: [String]) -> [String]

    // MARK: The configuration

    /// Whether files of the kind can have a layout.
    func fits(_ format: TaskFileFormat) -> Bool
    /// The layout implied by a file's name; nil if it implies none.
    func format(of path: String) -> TaskFileFormat?
    /// Settings that determine how the task's files are read and encoded, as key and text. A task
    /// whose settings differ has other results.
    func settings(_ task: TaskDefinition) -> [String: String]
    /// Violated constraints of the task at `path` of the configuration.
    func problems(
        _ task: TaskDefinition, _ path: String, sequenceLength: Int
    ) -> [Inconsistency]
    /// Reason why the deciding metric is undefined for a number of classes; nil if it is defined.
    func metricProblem(_ task: TaskDefinition, classes: Int) -> String?

    // MARK: Examples and their scores

    /// Reads and encodes a file of the loader's task, and gives the loader the classes if it is the
    /// training data. `progress` is called before each record.
    func read(
        _ path: String, training: Bool, with loader: inout TaskLoader, progress: () -> Void
    ) throws(TaskDataError) -> Examples
    /// Scores the most frequent answer of the training data; nil if no answer is frequent.
    func baseline(
        _ task: TaskDefinition, train: Examples, evaluate: Examples, labels: LabelMap
    ) -> TaskScores?
    /// Reduces a model's outputs for one input to what `scores` needs.
    func condensed(_ logits: [Float], classes: Int) -> [Float]
    /// Official scores of `condensed` outputs, one per input. `progress` is called before each
    /// example that takes long to score.
    func scores(
        _ task: TaskDefinition, _ examples: Examples, labels: LabelMap, outputs: [[Float]],
        progress: () -> Void
    ) -> TaskScores

    // MARK: Predictions

    /// Description of a line of `bert predict`, for error messages.
    var lineForm: String { get }

    /// Whether the task learns from pairs rather than single texts; nil if the kind has no choice.
    func learnsPairs(_ task: TaskDefinition) -> Bool?
    /// Whether the description of a model holds everything that its predictions need.
    func accepts(_ task: FineTunedTask) -> Bool
    /// Parses a line that is a JSON object; nil if it lacks something.
    func request(_ tree: JSONTree) -> Request?
    /// Parses any other line; nil if it lacks something.
    func request(_ line: String) -> Request?
    /// Throws if the model cannot answer a request.
    func check(
        _ request: Request, _ model: FineTunedModel, path: String, number: Int
    ) throws(TaskDataError)
    /// Encodes a request as examples without targets.
    func examples(
        _ request: Request, _ context: PredictionContext
    ) throws(TaskDataError) -> Examples
    /// Reduces a model's outputs for one input to what `prediction` needs, so that long requests
    /// take less memory.
    func output(_ logits: [Float], _ context: PredictionContext) -> Output
    /// The prediction for a request, from one output per input.
    func prediction(
        _ request: Request, _ examples: Examples, _ outputs: [Output],
        _ context: PredictionContext
    ) -> TaskPrediction
}

/// For kinds that have nothing to add.
extension TaskRules {
    func outputNames(_ labels: [String]) -> [String] { labels }

    func problems(
        _ task: TaskDefinition, _ path: String, sequenceLength: Int
    ) -> [Inconsistency] {
        []
    }

    func metricProblem(_ task: TaskDefinition, classes: Int) -> String? { nil }

    func condensed(_ logits: [Float], classes: Int) -> [Float] { logits }

    func learnsPairs(_ task: TaskDefinition) -> Bool? { nil }

    func check(
        _ request: Request, _ model: FineTunedModel, path: String, number: Int
    ) throws(TaskDataError) {}
}

extension TaskRules where Output == [Float] {
    func output(_ logits: [Float], _ context: PredictionContext) -> [Float] {
        condensed(logits, classes: context.labels.count)
    }
}

/// For callers that do not know the kind.
extension TaskRules {
    func baseline(_ task: TaskDefinition, _ data: TaskData) -> TaskScores? {
        baseline(
            task, train: own(data.train), evaluate: own(data.evaluate), labels: data.labels)
    }

    func scores(
        _ task: TaskDefinition, ofAny examples: any TaskExamples, labels: LabelMap,
        outputs: [[Float]], progress: () -> Void
    ) -> TaskScores {
        scores(task, own(examples), labels: labels, outputs: outputs, progress: progress)
    }

    func check(
        _ request: PredictionRequest, _ model: FineTunedModel, path: String, number: Int
    ) throws(TaskDataError) {
        try check(own(request), model, path: path, number: number)
    }

    /// Encodes requests; see `examples`.
    func encoded(
        _ requests: [PredictionRequest], _ context: PredictionContext
    ) throws(TaskDataError) -> [(request: Request, examples: Examples)] {
        var encoded: [(request: Request, examples: Examples)] = []
        for request in requests {
            let request = own(request)
            encoded.append((request, try examples(request, context)))
        }
        return encoded
    }

    private func own(_ examples: any TaskExamples) -> Examples {
        guard let examples = examples as? Examples else {
            preconditionFailure("examples of another kind of task")
        }
        return examples
    }

    private func own(_ request: PredictionRequest) -> Request {
        guard let request = request.content as? Request else {
            preconditionFailure("a request of another kind of task")
        }
        return request
    }
}
