internal import DurableFiles
internal import FoundationEssentials

/// The task a fine-tuned model was trained for: `finetuning.json` in its directory.
public struct FineTunedTask: Equatable, Sendable, Codable {
    /// The kind of task.
    public var kind: TaskKind
    /// Name of the task in the configuration.
    public var name: String
    /// Class names, indexed by id.
    public var labels: [String]
    /// Maximum length of an input, in tokens.
    public var sequenceLength: Int
    /// Script that scores answers, which determines whether a question may have none.
    public var answers: String
    /// See `AnswerSettings`.
    public var nullThreshold: Double
    /// See `WindowSettings`.
    public var stride: Int
    /// See `WindowSettings`.
    public var maximumQuestionLength: Int
    /// Whether it was trained on pairs of texts rather than single texts, for classification,
    /// multi-label and regression. Nil for other tasks, and for files written before this key
    /// existed.
    public var pairs: Bool?
    /// Key of the trial that produced it.
    public var trial: String
    /// Scores on the evaluation data.
    public var scores: TaskScores

    /// The file's name.
    public static let fileName = "finetuning.json"

    private enum CodingKeys: String, CodingKey {
        case kind, name, labels, answers, stride, pairs, trial, scores
        case sequenceLength = "sequence_length"
        case nullThreshold = "null_threshold"
        case maximumQuestionLength = "maximum_question_length"
    }

    /// Describes the result of `trial` on `task`.
    public init(
        _ task: TaskDefinition, labels: LabelMap, sequenceLength: Int, trial: String,
        scores: TaskScores
    ) {
        kind = task.kind
        name = task.name
        self.labels = labels.names
        self.sequenceLength = sequenceLength
        answers = task.answers.rawValue
        nullThreshold = task.nullThreshold
        stride = task.stride
        maximumQuestionLength = task.maximumQuestionLength
        pairs = task.kind.rules.learnsPairs(task)
        self.trial = trial
        self.scores = scores
    }

    /// The text of the file.
    func json() -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            preconditionFailure("a task holds nothing that JSON cannot")
        }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    /// Parses the text of the file and validates everything that would otherwise trap later.
    init(json: [UInt8], path: String) throws(TaskDataError) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json))
        } catch {
            throw TaskDataError(
                path, "is no description of a fine-tuned model: \(ManifestFile.explain(error))")
        }
        let lengths = 1...65_536
        guard (8...65_536).contains(sequenceLength), lengths.contains(stride),
            lengths.contains(maximumQuestionLength), nullThreshold.isFinite, labelMap != nil,
            labels.count <= ConfusionMatrix.maximumClasses, kind.rules.accepts(self)
        else { throw TaskDataError(path, "has lengths or labels that no fine-tuned model has") }
        guard AnswerMetric(rawValue: answers) != nil else {
            let known = AnswerMetric.allCases.map(\.rawValue).joined(separator: ", ")
            throw TaskDataError(
                path, "answers must be one of \(known), found \(visible(answers))")
        }
    }

    var labelMap: LabelMap? { LabelMap(names: labels) }
}
