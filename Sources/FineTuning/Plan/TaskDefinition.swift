/// Layout of a task's file.
public enum TaskFileFormat: String, CaseIterable, Sendable {
    /// Tab-separated columns.
    case tsv
    /// Comma-separated columns, with quoting.
    case csv
    /// One JSON object per line.
    case jsonLines = "jsonl"
    /// One tagged word per line.
    case conll
    /// Universal Dependencies.
    case conllu
    /// JSON of SQuAD or CMRC.
    case squad

    init(_ format: TaskTableFormat) {
        switch format {
        case .tsv: self = .tsv
        case .csv: self = .csv
        case .jsonLines: self = .jsonLines
        }
    }

    /// Corresponding table format; nil for other files.
    public var table: TaskTableFormat? { TaskTableFormat(rawValue: rawValue) }
}

/// One task of a fan-out: an item of `tasks` in the configuration.
public struct TaskDefinition: Equatable, Sendable {
    /// `name`: names the task in results and folders.
    public var name = ""
    /// `kind`: kind of the task.
    public var kind = TaskKind.classification
    /// `train`: training data file.
    public var train = ""
    /// `evaluate`: evaluation data file.
    public var evaluate = ""
    /// `format`: layout of both files; nil derives it from the file name's extension.
    public var format: TaskFileFormat?
    /// `columns`: columns by role.
    public var columns = Columns()
    /// `header`: column names, if the files' first rows do not contain them.
    public var header: [String] = []
    /// `labels`: class names in the order of their ids; empty uses the sorted labels of the
    /// training data.
    public var labels: [String] = []
    /// `metric`: metric that trials are compared by; nil uses the first of the kind.
    public var metric: TaskMetric?
    /// `answers`: script that scores answers.
    public var answers = AnswerMetric.squad1
    /// `null_threshold`: see `AnswerSettings`; with `answers: squad2`.
    public var nullThreshold = 0.0
    /// `stride`: see `WindowSettings`.
    public var stride = 128
    /// `maximum_question_length`: see `WindowSettings`.
    public var maximumQuestionLength = 64
    /// `sequence_length`: maximum length of an input in tokens; nil uses the configuration's.
    public var sequenceLength: Int?
    /// `batch_size`: inputs per update; nil uses the configuration's.
    public var batchSize: Int?
    /// `learning_rates`: peak learning rates to try; empty uses the configuration's.
    public var learningRates: [Double] = []
    /// `epochs`: numbers of epochs to try; empty uses the configuration's.
    public var epochs: [Int] = []

    /// Columns by role, of a table or of the lines of a CoNLL file.
    public struct Columns: Equatable, Sendable {
        /// `text`: the text, the first of a pair, or the prompt.
        public var text = "sentence"
        /// `pair`: the second text.
        public var pair: String?
        /// `label`: the class, classes, number, or correct choice.
        public var label = "label"
        /// `choices`: the continuations, one column each, or one column of lists.
        public var choices: [String] = []
        /// `word`: column of the words, from 0.
        public var word = 0
        /// `tag`: column of the tags, from 0, where -1 is the last; nil is the last, or UPOS in
        /// CoNLL-U.
        public var tag: Int?

        /// The defaults.
        public init() {}
    }

    /// Makes a task with defaults, without name and files.
    public init() {}

    /// Metric that trials are compared by.
    public var decidingMetric: TaskMetric { metric ?? kind.metrics[0] }

    /// Layout of the file; nil if neither the task nor the file's name determines it.
    public func format(of path: String) -> TaskFileFormat? {
        format ?? kind.rules.format(of: path)
    }

    /// Whether inputs have two segments.
    public var hasPairs: Bool { columns.pair != nil || kind.rules.alwaysHasPairs }
}
