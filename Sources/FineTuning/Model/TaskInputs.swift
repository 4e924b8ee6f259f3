public import BERT

/// The examples of a task as model inputs, indexed and assembled on demand.
public struct TaskInputs: Sendable {
    /// The examples the inputs are made from.
    public let examples: any TaskExamples
    /// Index of the first input of each example, plus a final end index.
    private let firstInputs: [Int]

    /// Indexes the inputs of `examples`: one per example, several for choices, one per window for
    /// questions.
    public init(_ examples: any TaskExamples) {
        self.examples = examples
        var sums = [0]
        sums.reserveCapacity(examples.count + 1)
        for index in 0..<examples.count {
            sums.append(sums[index] + examples.inputCount(of: index))
        }
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
        return TaskExample(
            inputs: examples.inputs(of: index).enumerated().map { place, input in
                TaskInput(
                    tokenIDs: input.tokenIDs, segmentIDs: input.segmentIDs,
                    sample: sample + place)
            }, target: examples.target(of: index), epoch: epoch)
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
