public import BERT

/// Kinds of fine-tuning task.
public enum TaskKind: String, CaseIterable, Sendable, Codable {
    /// One of several classes for a text or a pair of texts.
    case classification
    /// Any number of several classes for a text or a pair.
    case multiLabel = "multi_label"
    /// A number for a text or a pair.
    case regression
    /// A class for each word: parts of speech, named entities.
    case tagging
    /// The span of a context that answers a question.
    case questionAnswering = "question_answering"
    /// One of several continuations of a prompt.
    case multipleChoice = "multiple_choice"

    /// Everything that depends on the kind. The only list of kinds besides the cases.
    var rules: any TaskRules {
        switch self {
        case .classification: Classification()
        case .multiLabel: MultiLabel()
        case .regression: Regression()
        case .tagging: Tagging()
        case .questionAnswering: QuestionAnswering()
        case .multipleChoice: MultipleChoice()
        }
    }

    /// Metrics of this kind; trials are compared by the first unless the task selects another.
    public var metrics: [TaskMetric] { rules.metrics }

    /// The head for this kind of task, with one class per label if it has classes.
    public func head(labels: Int) -> TaskHead { rules.head(labels: labels) }

    /// Reduces a model's outputs for one input to what scoring needs: the class of each token for
    /// tagging, otherwise all logits.
    public func condensed(_ logits: [Float], classes: Int) -> [Float] {
        rules.condensed(logits, classes: classes)
    }
}

/// A metric by which trials are compared; higher is better. All are between 0 and 1, correlations
/// between -1 and 1.
public enum TaskMetric: String, CaseIterable, Sendable, Codable {
    /// Fraction of examples, words or (multi-label) sets of classes predicted correctly.
    case accuracy
    /// Binary classification: F1 of class 1. Question answering: overlap with the gold answers.
    case f1
    /// Mean F1 over the classes.
    case macroF1 = "macro_f1"
    /// F1 over all pairs of example and class.
    case microF1 = "micro_f1"
    /// Matthews' correlation.
    case matthews
    /// Pearson's r.
    case pearson
    /// Spearman's rho.
    case spearman
    /// F1 of whole entities (seqeval).
    case entityF1 = "entity_f1"
    /// Fraction of questions answered exactly.
    case exactMatch = "exact_match"
}
