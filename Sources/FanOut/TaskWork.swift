import BERT
import FineTuning
import Randomness
import Tensors

/// The work of a task's trials that start from one model, as its data has shown.
struct TaskWork {
    /// The place of the task in the configuration.
    let taskIndex: Int
    let task: TaskDefinition
    let start: StartingModel
    let head: TaskHead
    /// Examples to learn from: texts, sentences, windows, or questions with all their choices.
    let examples: Int
    /// The share of training inputs that take all tokens, so that what is longer is cut.
    let fullShare: Double
    /// Tokens of the training data, and of the evaluation data.
    let tokens: (train: Int, evaluate: Int)
    /// The most inputs that are computed at once.
    let inputs: Int
    /// Some examples to measure on: those that the first trial begins with, and some to score.
    let samples: (train: [TaskExample], evaluate: [TaskExample])

    private let configuration: FineTuningConfiguration

    /// The most examples of a sample.
    private static let sampleSize = 256

    /// The work of the task at `index` of `configuration`, whose data `start`'s tokenizer has cut.
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

    /// The batches of a trial of so many epochs.
    func plan(epochs: Int) -> BatchPlan {
        BatchPlan(task, of: configuration, examples: examples, epochs: epochs)
    }

    /// The numbers of epochs that are tried, each with its batches.
    var schedules: [(epochs: Int, plan: BatchPlan)] {
        configuration.epochs(of: task).map { ($0, plan(epochs: $0)) }
    }

    /// Trials of each number of epochs.
    var repetitions: Int {
        configuration.seeds.count * configuration.learningRates(of: task).count
    }

    /// Trials of the task from the model.
    var trialCount: Int { repetitions * configuration.epochs(of: task).count }

    /// The memory of a trial.
    func memory(threads: Int) -> TrialMemory {
        TrialMemory(
            start: start, head: head, inputs: inputs,
            sequenceLength: configuration.sequenceLength(of: task),
            precision: configuration.precision, threads: threads)
    }

    /// Bytes of a fine-tuned model's parameters.
    var modelBytes: Int {
        ParameterLayout.fineTuning(start.configuration, head).count * MemoryLayout<Float>.stride
    }
}

extension FineTuningConfiguration {
    /// The most inputs that a trial computes at once: no more than there are, as memory is cleared
    /// before it is used, and at least those of one example.
    func inputsAtOnce(_ train: TaskInputs, _ evaluate: TaskInputs) -> Int {
        let most = max(train.examples.inputCount, evaluate.examples.inputCount)
        return max(min(microBatchSize, most), train.largest, evaluate.largest)
    }
}

extension TaskInputs {
    /// Tokens of all inputs.
    fileprivate var tokens: Int { (0..<count).reduce(0) { $0 + example($1, epoch: 0).tokens } }
}

extension TaskExample {
    /// Tokens of all its inputs.
    var tokens: Int { inputs.reduce(0) { $0 + $1.tokenIDs.count } }
}
