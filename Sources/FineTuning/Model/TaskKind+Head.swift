public import BERT

extension TaskKind {
    /// The head of this kind of task, with a class for each label where it has classes.
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

    /// The class of Hugging Face that loads such a model.
    var architecture: String {
        switch self {
        case .classification, .multiLabel, .regression: "BertForSequenceClassification"
        case .tagging: "BertForTokenClassification"
        case .questionAnswering: "BertForQuestionAnswering"
        case .multipleChoice: "BertForMultipleChoice"
        }
    }

    /// What Hugging Face calls the loss of such a model, where it has a name.
    var problemType: String? {
        switch self {
        case .classification: "single_label_classification"
        case .multiLabel: "multi_label_classification"
        case .regression: "regression"
        case .tagging, .questionAnswering, .multipleChoice: nil
        }
    }
}
