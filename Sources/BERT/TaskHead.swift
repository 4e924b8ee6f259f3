import Samples

/// Head on top of the encoder, one of those in section 3.2 of Devlin et al. (2019), with the names
/// and losses of Hugging Face's models.
public enum TaskHead: Sendable, Equatable, Codable {
    /// One of `classes` classes for a text or pair (`BertForSequenceClassification`): first token,
    /// pooler, dropout, `classifier`, cross-entropy.
    case classification(classes: Int)
    /// Any number of `classes` classes: the same, with a binary cross-entropy per class.
    case multiLabel(classes: Int)
    /// Regression: the same, with one output and its squared error.
    case regression
    /// One of several inputs (`BertForMultipleChoice`): the same, with one output, and a softmax
    /// over the inputs of an example.
    case choice
    /// One class per token (`BertForTokenClassification`): dropout, `classifier`, cross-entropy of
    /// the labeled tokens.
    case tokens(classes: Int)
    /// First and last token of an answer (`BertForQuestionAnswering`): `qa_outputs`, one softmax
    /// over the tokens of an input for each, and the mean of the two cross-entropies.
    case span

    /// Number of outputs per input, or per token.
    public var outputs: Int {
        switch self {
        case .classification(let classes), .multiLabel(let classes), .tokens(let classes): classes
        case .regression, .choice: 1
        case .span: 2
        }
    }

    /// Whether the head reads the pooled first token; otherwise it reads all tokens.
    public var usesPooler: Bool {
        switch self {
        case .classification, .multiLabel, .regression, .choice: true
        case .tokens, .span: false
        }
    }

    /// Name of the head's last layer.
    public var outputName: String { self == .span ? "qa_outputs" : "classifier" }

    /// Returns the number of loss terms of an example. The objective is the sum of all terms
    /// divided by their number over the global batch.
    ///
    /// - Precondition: the target is of this head's kind.
    public func terms(_ target: TaskTarget) -> Int {
        switch (self, target) {
        case (.classification, .category), (.regression, .score), (.choice, .category): 1
        case (.multiLabel(let classes), .categories): classes
        case (.tokens, .tokens(let labels)): labels.count { $0 != TaskTarget.ignored }
        case (.span, .span): 2
        default: preconditionFailure("a target of another task")
        }
    }
}

/// Target of an example.
public enum TaskTarget: Sendable, Equatable, Codable {
    /// No target: data to predict.
    case none
    /// The class; for multiple choice, the right choice.
    case category(Int)
    /// The classes that apply.
    case categories([Int])
    /// The number to predict.
    case score(Double)
    /// The class of each token, or `ignored`.
    case tokens([Int32])
    /// First and last token of the answer.
    case span(start: Int, end: Int)

    /// Label of tokens that are excluded from the loss, PyTorch's `ignore_index`.
    public static let ignored: Int32 = -100
}

/// Input without padding.
public struct TaskInput: Sendable, Equatable, Codable {
    /// Token ids: `[CLS] a [SEP]`, or `[CLS] a [SEP] b [SEP]`.
    public var tokenIDs: [Int32]
    /// Segment of each token.
    public var segmentIDs: [UInt8]
    /// Number that addresses its dropout masks.
    public var sample: Int

    /// Creates an input from the given parts.
    public init(tokenIDs: [Int32], segmentIDs: [UInt8], sample: Int) {
        self.tokenIDs = tokenIDs
        self.segmentIDs = segmentIDs
        self.sample = sample
    }
}

/// Training example: one input, or for multiple choice one input per choice.
public struct TaskExample: Sendable, Equatable, Codable {
    /// Inputs of the example.
    public var inputs: [TaskInput]
    /// Target of the example.
    public var target: TaskTarget
    /// Epoch that addresses its dropout masks.
    public var epoch: Int

    /// Creates an example from the given parts.
    public init(inputs: [TaskInput], target: TaskTarget, epoch: Int = 0) {
        self.inputs = inputs
        self.target = target
        self.epoch = epoch
    }
}

/// Loss of some examples: a sum, never a mean.
public struct TaskOutcome: Sendable, Equatable {
    /// Sum of all loss terms.
    public var loss = 0.0
    /// Number of loss terms.
    public var terms = 0

    /// Creates the outcome of no examples.
    public init() {}

    /// Adds the outcome of other examples.
    public mutating func add(_ other: TaskOutcome) {
        loss += other.loss
        terms += other.terms
    }
}
