import BERT
import FineTuning
import FoundationEssentials
import Randomness
import Samples
import Tokenization

/// Micro-batches of a fine-tuning benchmark, for this program and the peer.
struct FinetuneBatches: Encodable {
    /// A micro-batch: sentences as ids, without padding, and their classes.
    struct Batch: Encodable {
        var ids: [[Int32]] = []
        var labels: [Int] = []

        /// Tokens of all sentences.
        var tokens: Int { ids.reduce(0) { $0 + $1.count } }
    }

    let vocabularySize: Int
    let positions: Int
    let classes: Int
    /// Number of steps before the timed ones.
    let warmup: Int
    /// The micro-batches of all steps.
    private(set) var batches: [Batch] = []

    /// - Throws: `TaskDataError` and others, if the file or the vocabulary cannot be read.
    init(_ options: StepOptions, _ data: FinetuneData, warmup: Int) throws {
        let configuration = options.shape.configuration
        positions = configuration.maximumPositions
        self.warmup = warmup
        let sentences: [(ids: [Int32], label: Int)]
        if let path = data.train {
            let vocabulary = try Vocabulary(contentsOf: data.vocabulary ?? "")
            vocabularySize = vocabulary.count
            (sentences, classes) = try Self.read(
                path, WordPieceTokenizer(vocabulary: vocabulary, lowercase: true),
                length: options.sequenceLength)
        } else {
            (vocabularySize, classes) = (configuration.vocabularySize, 2)
            sentences = options.shape.batches(4).joined().map {
                ($0.tokenIDs, $0.isRandomNext ? 1 : 0)
            }
        }
        // Sentences are in random order, as in training, and repeated if there are too few.
        let order = IndexPermutation(
            count: sentences.count, seed: 1, purpose: .sampleOrder, epoch: 0)
        var next = 0
        for _ in 0..<(warmup + options.steps) * options.accumulation {
            var batch = Batch()
            for _ in 0..<options.micro {
                let sentence = sentences[order[next % sentences.count]]
                batch.ids.append(sentence.ids)
                batch.labels.append(sentence.label)
                next += 1
            }
            batches.append(batch)
        }
    }

    private static func read(
        _ path: String, _ tokenizer: WordPieceTokenizer, length: Int
    ) throws -> ([(ids: [Int32], label: Int)], Int) {
        var task = TaskDefinition()
        (task.name, task.train, task.evaluate) = ("benchmark", path, path)
        let data = try TaskData.load(task, tokenizer: tokenizer, sequenceLength: length)
        guard let examples = data.train as? [SequenceExample] else {
            preconditionFailure("classification has sequences")
        }
        let sentences = examples.compactMap { example -> (ids: [Int32], label: Int)? in
            guard case .category(let label) = example.target else { return nil }
            return (example.input.tokenIDs, label)
        }
        return (sentences, data.labels.count)
    }

    /// JSON for the peer.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
