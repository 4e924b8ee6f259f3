import BERT
import FineTuning
import Randomness
import Tensors

/// Work of a task's trials from one model, as determined by its data.
struct TaskWork {
    /// Index of the task in the configuration.
    let taskIndex: Int
    let task: TaskDefinition
    let start: StartingModel
    let head: TaskHead
    /// Number of training examples: texts, sentences, windows, or questions with all their choices.
    let examples: Int
    /// Fraction of training inputs that have the maximum length, so that longer ones may be
    /// truncated.
    let fullShare: Double
    /// Number of tokens of the training data, and of the evaluation data.
    let tokens: (train: Int, evaluate: Int)
    /// Maximum number of inputs computed at once.
    let inputs: Int
    /// Examples for measurements: the first ones of the first trial, and some for evaluation.
    let samples: (train: [TaskExample], evaluate: [TaskExample])

    private let configuration: FineTuningConfiguration

    /// Maximum number of examples of a sample.
    private static let sampleSize = 256

    /// Work of the task at `index` of `configuration`, whose data is tokenized by `start`'s
    /// tokenizer.
    init(
        _ index: Int, of configuration: FineTuningConfiguration, from start: StartingModel,
        _ data: TaskData
    ) {
        taskIndex = index
        task = configuration.tasks[index]
        self.start = start
        self.configuration = configuration
        head = task.kind.head(labels: data.labels.count)
        let (train, evaluate) = (TaskInputs(data.train), TaskInputs(data.evaluate))
        examples = train.count
        fullShare = data.train.share(ofLength: configuration.sequenceLength(of: task))
        tokens = (train.tokens, evaluate.tokens)
        inputs = configuration.inputsAtOnce(train, evaluate)
        let seed = UInt64(configuration.seeds.first ?? 0)
        func sample(_ inputs: TaskInputs) -> [TaskExample] {
            let order = IndexPermutation(
                count: inputs.count, seed: seed, purpose: .sampleOrder, epoch: 0)
            return (0..<min(inputs.count, Self.sampleSize)).map {
                inputs.example(order[$0], epoch: 0)
            }
        }
        samples = (sample(train), sample(evaluate))
    }

    /// Schedule of a trial with the given number of epochs.
    func plan(epochs: Int) -> BatchPlan {
        BatchPlan(task, of: configuration, examples: examples, epochs: epochs)
    }

    /// Numbers of epochs to try, each with its schedule.
    var schedules: [(epochs: Int, plan: BatchPlan)] {
        configuration.epochs(of: task).map { ($0, plan(epochs: $0)) }
    }

    /// Number of trials per number of epochs.
    var repetitions: Int {
        configuration.seeds.count * configuration.learningRates(of: task).count
    }

    /// Number of trials of the task from the model.
    var trialCount: Int { repetitions * configuration.epochs(of: task).count }

    /// Memory of a trial.
    func memory(threads: Int) -> TrialMemory {
        TrialMemory(
            start: start, head: head, inputs: inputs,
            sequenceLength: configuration.sequenceLength(of: task),
            precision: configuration.precision, threads: threads)
    }

    /// Size of a fine-tuned model's parameters, in bytes.
    var modelBytes: Int {
        ParameterLayout.fineTuning(start.configuration, head).count * MemoryLayout<Float>.stride
    }
}

extension FineTuningConfiguration {
    /// Maximum number of inputs that a trial computes at once: no more than there are, because
    /// memory is cleared before it is used, and at least those of one example.
    func inputsAtOnce(_ train: TaskInputs, _ evaluate: TaskInputs) -> Int {
        let most = max(train.examples.inputCount, evaluate.examples.inputCount)
        return max(min(microBatchSize, most), train.largest, evaluate.largest)
    }
}

extension TaskInputs {
    /// Number of tokens of all inputs.
    fileprivate var tokens: Int { (0..<count).reduce(0) { $0 + example($1, epoch: 0).tokens } }
}

extension TaskExample {
    /// Number of tokens of all its inputs.
    var tokens: Int { inputs.reduce(0) { $0 + $1.tokenIDs.count } }
}
