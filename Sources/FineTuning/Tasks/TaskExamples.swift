public import BERT

/// Encoded examples of one file of a task.
public protocol TaskExamples: Sendable {
    /// Number of examples; for questions, each window is one.
    var count: Int { get }
    /// Lengths in tokens of the inputs whose texts are truncated at the maximum length.
    var truncatedLengths: [Int] { get }
    /// Number of model inputs of an example.
    func inputCount(of index: Int) -> Int
    /// Model inputs of an example.
    func inputs(of index: Int) -> [EncodedText]
    /// Target of an example; `.none` for data to predict.
    func target(of index: Int) -> TaskTarget
}

extension TaskExamples {
    /// Number of model inputs: one per choice, and one per window of a question.
    public var inputCount: Int { (0..<count).reduce(0) { $0 + inputCount(of: $1) } }

    /// Fraction of the inputs that are truncated at `length` tokens, or just fit.
    public func share(ofLength length: Int) -> Double {
        let lengths = truncatedLengths
        return lengths.isEmpty
            ? 0 : Double(lengths.count { $0 >= length }) / Double(lengths.count)
    }
}

/// An example whose inputs are kept in memory.
public protocol EncodedExample: Sendable {
    /// Its model inputs: one, or one per choice.
    var inputs: [EncodedText] { get }
    /// Its target; `.none` for data to predict.
    var target: TaskTarget { get }
}

extension Array: TaskExamples where Element: EncodedExample {
    /// Lengths of all inputs.
    public var truncatedLengths: [Int] { flatMap { $0.inputs.map(\.tokenIDs.count) } }

    /// Number of inputs of an element.
    public func inputCount(of index: Int) -> Int { self[index].inputs.count }

    /// Inputs of an element.
    public func inputs(of index: Int) -> [EncodedText] { self[index].inputs }

    /// Target of an element.
    public func target(of index: Int) -> TaskTarget { self[index].target }
}
