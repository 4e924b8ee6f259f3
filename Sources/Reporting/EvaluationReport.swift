/// Report of `bert-train evaluate` on one model: the record, and the scores of parts of the data.
public struct EvaluationReport: Sendable, Equatable {
    /// Scores of one part.
    public struct Group: Sendable, Equatable {
        /// Criterion of the division: "frequency", "word" or "corpus".
        public var criterion: String
        /// Name of the part: "frequent" or "rare", "whole" or "piece", or the path of a corpus.
        public var name: String
        /// Scores of its masked tokens.
        public var mlm: Score
        /// Scores of its sentence pairs; nil for a part of the tokens only.
        public var nsp: Score?

        /// A part with its scores.
        public init(criterion: String, name: String, mlm: Score, nsp: Score?) {
            self.criterion = criterion
            self.name = name
            self.mlm = mlm
            self.nsp = nsp
        }
    }

    /// Accuracy and loss of some predictions.
    public struct Score: Sendable, Equatable {
        /// Fraction predicted correctly, 0...1.
        public var accuracy: Double
        /// Its 95% confidence interval; nil if the data does not allow one.
        public var accuracyInterval: ClosedRange<Double>?
        /// Accuracy of always predicting the most frequent label.
        public var baseline: Double
        /// Mean cross-entropy, in nats.
        public var loss: Double
        /// Its 95% confidence interval.
        public var lossInterval: ClosedRange<Double>?
        /// Number of predictions.
        public var count: Int

        /// A score of the given numbers.
        public init(
            accuracy: Double, accuracyInterval: ClosedRange<Double>?, baseline: Double,
            loss: Double, lossInterval: ClosedRange<Double>?, count: Int
        ) {
            self.accuracy = accuracy
            self.accuracyInterval = accuracyInterval
            self.baseline = baseline
            self.loss = loss
            self.lossInterval = lossInterval
            self.count = count
        }
    }

    /// Scores of all predictions.
    public var record: EvaluationRecord
    /// Directory of the model.
    public var path: String
    /// Scores of the parts.
    public var groups: [Group]

    /// A report on the model at `path`.
    public init(_ record: EvaluationRecord, path: String, groups: [Group]) {
        self.record = record
        self.path = path
        self.groups = groups
    }

    /// A JSON object with the keys in the order of docs/metrics.md, on several lines.
    public var json: String { value.page() + "\n" }

    /// A JSON array of such objects.
    public static func json(_ reports: [EvaluationReport]) -> String {
        JSONValue.array(reports.map(\.value)).page() + "\n"
    }

    private var value: JSONValue {
        let list = JSONValue.array(groups.map(\.value))
        return .object(
            record.members + [
                JSONValue.Member(key: "checkpoint", value: .text(path)),
                JSONValue.Member(key: "groups", value: list),
            ])
    }
}

extension EvaluationReport.Group {
    fileprivate var value: JSONValue {
        .object(
            [
                JSONValue.Member(key: "by", value: .text(criterion)),
                JSONValue.Member(key: "group", value: .text(name)),
            ] + mlm.members("mlm", counted: "mlm_tokens")
                + (nsp?.members("nsp", counted: "nsp_pairs") ?? []))
    }
}

extension EvaluationReport.Score {
    /// The score with the keys of `EvaluationRecord`.
    fileprivate func members(_ task: String, counted count: String) -> [JSONValue.Member] {
        func end(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
        return [
            JSONValue.Member(key: "\(task)_accuracy", value: .number(accuracy)),
            JSONValue.Member(key: "\(task)_loss", value: .number(loss)),
            JSONValue.Member(key: count, value: .integer(self.count)),
            JSONValue.Member(key: "\(task)_baseline_accuracy", value: .number(baseline)),
            JSONValue.Member(
                key: "\(task)_accuracy_low", value: end(accuracyInterval?.lowerBound)),
            JSONValue.Member(
                key: "\(task)_accuracy_high", value: end(accuracyInterval?.upperBound)),
            JSONValue.Member(key: "\(task)_loss_low", value: end(lossInterval?.lowerBound)),
            JSONValue.Member(key: "\(task)_loss_high", value: end(lossInterval?.upperBound)),
        ]
    }
}
