import Kernels
import Samples
import Tensors

/// Fine-tuning batch in the form that the kernels read: its tokens, and the rows that the head
/// reads.
final class TaskBatch {
    /// Tokens of all inputs.
    let inputs: TokenBatch
    /// Examples: their inputs and targets.
    private(set) var examples: [(inputs: Range<Int>, target: TaskTarget)] = []
    /// Number of rows that the head reads in training.
    private(set) var chosen = 0

    private let head: TaskHead
    private let chosenRows: Block<Int32>
    private let chosenLabels: Block<Int32>
    private let chosenAddresses: Block<RandomRow>

    /// Creates an empty batch with room for `capacity`.
    init(capacity: BatchCapacity, head: TaskHead) {
        self.head = head
        inputs = TokenBatch(capacity: capacity)
        chosenRows = Block(count: capacity.tokens)
        chosenLabels = Block(count: capacity.tokens)
        chosenAddresses = Block(count: capacity.tokens)
    }

    /// Replaces the contents; targets are read in training only.
    ///
    /// - Precondition: the examples fit the capacity, the head and `configuration`.
    func assign(
        _ examples: some Collection<TaskExample>, for configuration: BERTConfiguration,
        training: Bool
    ) {
        inputs.removeAll()
        self.examples.removeAll(keepingCapacity: true)
        chosen = 0
        for example in examples {
            precondition(!example.inputs.isEmpty, "an example without inputs")
            let first = inputs.sequences
            for input in example.inputs {
                let start = inputs.tokens
                inputs.append(
                    tokenIDs: input.tokenIDs, segmentIDs: input.segmentIDs, epoch: example.epoch,
                    sample: input.sample, configuration)
                if training { choose(start, example.target) }
            }
            let range = first..<inputs.sequences
            precondition(head == .choice || range.count == 1, "only choices have several inputs")
            if training { check(example.target, range) }
            self.examples.append((range, example.target))
        }
    }

    /// Records the rows that the head reads from the last input, which begins at `start`.
    private func choose(_ start: Int, _ target: TaskTarget) {
        switch (head, target) {
        case (.tokens(let classes), .tokens(let labels)):
            precondition(labels.count == inputs.tokens - start, "a label for each token")
            for (position, label) in labels.enumerated() where label != TaskTarget.ignored {
                precondition(label >= 0 && label < classes, "label out of range")
                choose(row: start + position, label: label)
            }
        case (.classification(let classes), .category(let label)):
            precondition((0..<classes).contains(label), "label out of range")
            choose(row: start, label: Int32(label))
        case (.span, .span): break
        case (.multiLabel, .categories), (.regression, .score), (.choice, .category):
            choose(row: start, label: 0)
        default: preconditionFailure("a target of another task")
        }
    }

    private func choose(row: Int, label: Int32) {
        chosenRows.vector[chosen] = Int32(row)
        chosenLabels.vector[chosen] = label
        chosenAddresses.vector[chosen] = inputs.randomRows[row]
        chosen += 1
    }

    private func check(_ target: TaskTarget, _ range: Range<Int>) {
        switch target {
        case .category(let right) where head == .choice:
            precondition((0..<range.count).contains(right), "no such choice")
        case .span(let start, let end):
            let length = inputs.rows(of: range.lowerBound).count
            precondition(start >= 0 && start < length && end >= 0 && end < length, "span too far")
        case .categories(let classes):
            precondition(classes.allSatisfy { (0..<head.outputs).contains($0) }, "no such class")
        default: break
        }
    }

    var rows: Vector<Int32> { chosenRows[0..<chosen] }
    var labels: Vector<Int32> { chosenLabels[0..<chosen] }
    var addresses: Vector<RandomRow> { chosenAddresses[0..<chosen] }
}
