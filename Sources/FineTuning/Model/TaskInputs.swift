public import BERT

/// The examples of a task as model inputs, indexed and assembled on demand.
public struct TaskInputs: Sendable {
    /// The examples the inputs are made from.
    public let examples: TaskExamples
    /// Index of the first input of each example, plus a final end index.
    private let firstInputs: [Int]

    /// Indexes the inputs of `examples`: one per example, several for choices, one per window for
    /// questions.
    public init(_ examples: TaskExamples) {
        self.examples = examples
        guard case .choices(let choices) = examples else {
            firstInputs = Array(0...examples.inputCount)
            return
        }
        var sums = [0]
        for choice in choices { sums.append(sums[sums.count - 1] + choice.inputs.count) }
        firstInputs = sums
    }

    /// The number of examples.
    public var count: Int { firstInputs.count - 1 }

    /// Range of the inputs of example `index`.
    public func inputs(of index: Int) -> Range<Int> { firstInputs[index]..<firstInputs[index + 1] }

    /// Maximum number of inputs of an example.
    public var largest: Int { (0..<count).map { inputs(of: $0).count }.max() ?? 0 }

    /// Example `index` in `epoch`, with its target if it has one.
    public func example(_ index: Int, epoch: Int) -> TaskExample {
        let sample = firstInputs[index]
        switch examples {
        case .sequences(let examples):
            let example = examples[index]
            return TaskExample(
                inputs: [TaskInput(example.input, sample)], target: TaskTarget(example.label),
                epoch: epoch)
        case .choices(let examples):
            let example = examples[index]
            return TaskExample(
                inputs: example.inputs.enumerated().map { TaskInput($1, sample + $0) },
                target: example.label.map { .category($0) } ?? .none, epoch: epoch)
        case .tagging(let examples):
            let example = examples[index]
            return TaskExample(
                inputs: [TaskInput(example.input, sample)], target: .tokens(example.labels),
                epoch: epoch)
        case .questions(let features, _):
            let window = features.windows[index]
            var target = TaskTarget.none
            if let start = window.start, let end = window.end {
                target = .span(start: Int(start), end: Int(end))
            }
            return TaskExample(
                inputs: [TaskInput(features.input(window), sample)], target: target, epoch: epoch)
        }
    }

    /// Splits the examples of `range` into consecutive batches of at most `inputs` inputs, but at
    /// least one example.
    public func batches(_ range: some Collection<Int>, inputs limit: Int) -> [[Int]] {
        var batches: [[Int]] = []
        var room = 0
        for index in range {
            let needed = inputs(of: index).count
            if batches.isEmpty || needed > room {
                batches.append([])
                room = limit
            }
            batches[batches.count - 1].append(index)
            room -= needed
        }
        return batches
    }
}

extension TaskInput {
    fileprivate init(_ text: EncodedText, _ sample: Int) {
        self.init(tokenIDs: text.tokenIDs, segmentIDs: text.segmentIDs, sample: sample)
    }
}

extension TaskTarget {
    fileprivate init(_ label: SequenceLabel?) {
        switch label {
        case nil: self = .none
        case .category(let id): self = .category(id)
        case .categories(let ids): self = .categories(ids)
        case .score(let value): self = .score(value)
        }
    }
}
