public import BERT

extension TaskKind {
    /// The head for this kind of task, with one class per label if it has classes.
    public func head(labels: Int) -> TaskHead {
        switch self {
        case .classification: .classification(classes: labels)
        case .multiLabel: .multiLabel(classes: labels)
        case .regression: .regression
        case .tagging: .tokens(classes: labels)
        case .questionAnswering: .span
        case .multipleChoice: .choice
        }
    }

    /// Hugging Face's class that loads such a model.
    var architecture: String {
        switch self {
        case .classification, .multiLabel, .regression: "BertForSequenceClassification"
        case .tagging: "BertForTokenClassification"
        case .questionAnswering: "BertForQuestionAnswering"
        case .multipleChoice: "BertForMultipleChoice"
        }
    }

    /// Hugging Face's `problem_type` of such a model, if it has one.
    var problemType: String? {
        switch self {
        case .classification: "single_label_classification"
        case .multiLabel: "multi_label_classification"
        case .regression: "regression"
        case .tagging, .questionAnswering, .multipleChoice: nil
        }
    }
}
