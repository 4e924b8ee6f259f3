/// How a file of a task is laid out.
public enum TaskFileFormat: String, CaseIterable, Sendable {
    /// Tab-separated columns.
    case tsv
    /// Comma-separated columns, quoted.
    case csv
    /// A JSON object a line.
    case jsonLines = "jsonl"
    /// A tagged word a line.
    case conll
    /// Universal Dependencies.
    case conllu
    /// SQuAD's JSON, or CMRC's.
    case squad

    /// The format that the end of a file's name means.
    public init?(path: String, kind: TaskKind) {
        switch kind {
        case .questionAnswering: self = .squad
        case .tagging: self = path.lowercased().hasSuffix(".conllu") ? .conllu : .conll
        default:
            guard let format = TaskTableFormat(path: path) else { return nil }
            self = TaskFileFormat(format)
        }
    }

    private init(_ format: TaskTableFormat) {
        switch format {
        case .tsv: self = .tsv
        case .csv: self = .csv
        case .jsonLines: self = .jsonLines
        }
    }

    /// The same for tables; nil for other files.
    public var table: TaskTableFormat? { TaskTableFormat(rawValue: rawValue) }

    /// Whether files of a kind of task can be laid out so.
    public func fits(_ kind: TaskKind) -> Bool {
        switch kind {
        case .questionAnswering: self == .squad
        case .tagging: self == .conll || self == .conllu
        default: table != nil
        }
    }
}

/// One task of a fan-out: an item of `tasks` in the configuration.
public struct TaskDefinition: Equatable, Sendable {
    /// `name`: names the task in results and folders.
    public var name = ""
    /// `kind`: what is learned.
    public var kind = TaskKind.classification
    /// `train`: the file to learn from.
    public var train = ""
    /// `evaluate`: the file to score on.
    public var evaluate = ""
    /// `format`: how both are laid out; nil goes by the name's end.
    public var format: TaskFileFormat?
    /// `columns`: which columns hold what.
    public var columns = Columns()
    /// `header`: names of all columns where the files' first rows do not give them.
    public var header: [String] = []
    /// `labels`: the classes in the order of their ids; empty takes those of the training data,
    /// sorted.
    public var labels: [String] = []
    /// `metric`: what trials are compared by; nil takes the first of the kind.
    public var metric: TaskMetric?
    /// `answers`: the script by which answers are scored.
    public var answers = AnswerMetric.squad1
    /// `null_threshold`: see `AnswerSettings`; with `answers: squad2`.
    public var nullThreshold = 0.0
    /// `stride`: see `WindowSettings`.
    public var stride = 128
    /// `maximum_question_length`: see `WindowSettings`.
    public var maximumQuestionLength = 64
    /// `sequence_length`: the most tokens of an input; nil takes that of all tasks.
    public var sequenceLength: Int?
    /// `batch_size`: inputs of an update; nil takes that of all tasks.
    public var batchSize: Int?
    /// `learning_rates`: peaks to try; empty takes those of all tasks.
    public var learningRates: [Double] = []
    /// `epochs`: passes over the training data to try; empty takes those of all tasks.
    public var epochs: [Int] = []

    /// Which columns of a table, or of the lines of a CoNLL file, hold what.
    public struct Columns: Equatable, Sendable {
        /// `text`: the text, the first of a pair, or the prompt.
        public var text = "sentence"
        /// `pair`: the second text.
        public var pair: String?
        /// `label`: the class, classes, number, or right choice.
        public var label = "label"
        /// `choices`: the ways to go on, a column each, or one column of lists.
        public var choices: [String] = []
        /// `word`: the words' column, from 0.
        public var word = 0
        /// `tag`: the tags' column, from 0, -1 being the last; nil is the last, in CoNLL-U UPOS.
        public var tag: Int?

        /// The defaults.
        public init() {}
    }

    /// The defaults, without name and files.
    public init() {}

    /// What trials are compared by.
    public var decidingMetric: TaskMetric { metric ?? kind.metrics[0] }

    /// Why the deciding metric does not exist for a number of classes; nil where it does.
    func metricProblem(classes: Int) -> String? {
        guard kind == .classification, decidingMetric == .f1, classes != 2 else { return nil }
        return "f1 is that of class 1 of two, and there are \(classes); use macro_f1, accuracy or "
            + "matthews"
    }

    /// How the files are laid out; nil where neither the task nor a file's name says so.
    public func format(of path: String) -> TaskFileFormat? {
        format ?? TaskFileFormat(path: path, kind: kind)
    }

    /// How words and tags are found; nil for files of other formats.
    public func taggedFormat(of path: String) -> TaggedFormat? {
        switch format(of: path) {
        case .conll: .conll(word: columns.word, tag: columns.tag ?? -1)
        case .conllu: .conllu(tag: columns.tag ?? 3)
        default: nil
        }
    }

    /// How contexts are cut.
    public func windowSettings(maximumLength: Int) -> WindowSettings {
        var settings = WindowSettings()
        settings.maximumLength = maximumLength
        settings.stride = stride
        settings.maximumQuestionLength = maximumQuestionLength
        return settings
    }

    /// How answers are chosen.
    public var answerSettings: AnswerSettings {
        var settings = AnswerSettings()
        settings.allowsNoAnswer = answers == .squad2
        settings.nullThreshold = nullThreshold
        return settings
    }
}
