import Samples

/// A head on top of the encoder, one of those of Devlin et al. (2019), section 3.2, under the
/// names and with the losses of Hugging Face's models.
public enum TaskHead: Sendable, Equatable, Codable {
    /// One of `classes` classes for a text or pair (`BertForSequenceClassification`): first token,
    /// pooler, dropout, `classifier`, cross-entropy.
    case classification(classes: Int)
    /// Any number of `classes` classes: the same with a binary cross-entropy for each class.
    case multiLabel(classes: Int)
    /// A number: the same with one output and its squared error.
    case regression
    /// One of several inputs (`BertForMultipleChoice`): the same with one output, and a softmax over
    /// the inputs of an example.
    case choice
    /// A class for each token (`BertForTokenClassification`): dropout, `classifier`, cross-entropy of
    /// the tokens that have a label.
    case tokens(classes: Int)
    /// First and last token of an answer (`BertForQuestionAnswering`): `qa_outputs`, a softmax over
    /// the tokens of an input for each, and the mean of the two cross-entropies.
    case span

    /// Outputs for each input, or for each token.
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

    /// The name of the head's last layer.
    public var outputName: String { self == .span ? "qa_outputs" : "classifier" }

    /// The terms of the loss that an example has: the objective is the sum of all terms divided by
    /// their number over the global batch.
    ///
    /// - Precondition: the target is one of this head.
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

/// The target of an example.
public enum TaskTarget: Sendable, Equatable, Codable {
    /// Nothing is known: data to predict.
    case none
    /// The class; of choices the right one.
    case category(Int)
    /// The classes.
    case categories([Int])
    /// The number.
    case score(Double)
    /// The class of each token, or `ignored`.
    case tokens([Int32])
    /// First and last token of the answer.
    case span(start: Int, end: Int)

    /// The label of tokens that take no part in the loss, PyTorch's `ignore_index`.
    public static let ignored: Int32 = -100
}

/// One input, without padding.
public struct TaskInput: Sendable, Equatable, Codable {
    /// `[CLS] a [SEP]`, or `[CLS] a [SEP] b [SEP]`.
    public var tokenIDs: [Int32]
    /// The segment of each token.
    public var segmentIDs: [UInt8]
    /// The number that addresses its dropout masks.
    public var sample: Int

    /// An input of the given parts.
    public init(tokenIDs: [Int32], segmentIDs: [UInt8], sample: Int) {
        self.tokenIDs = tokenIDs
        self.segmentIDs = segmentIDs
        self.sample = sample
    }
}

/// The unit of learning: one input, or for multiple choice one input a choice.
public struct TaskExample: Sendable, Equatable, Codable {
    /// The inputs.
    public var inputs: [TaskInput]
    /// The target.
    public var target: TaskTarget
    /// The epoch that addresses its dropout masks.
    public var epoch: Int

    /// An example of the given parts.
    public init(inputs: [TaskInput], target: TaskTarget, epoch: Int = 0) {
        self.inputs = inputs
        self.target = target
        self.epoch = epoch
    }
}

/// The loss of some examples: a sum, never a mean.
public struct TaskOutcome: Sendable, Equatable {
    /// Sum of all terms of the loss.
    public var loss = 0.0
    /// The number of terms.
    public var terms = 0

    /// No examples yet.
    public init() {}

    /// Adds the outcome of other examples.
    public mutating func add(_ other: TaskOutcome) {
        loss += other.loss
        terms += other.terms
    }
}
