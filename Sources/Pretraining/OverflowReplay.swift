import BERT
import Checkpointing
import Corpus
import DurableFiles
import ExitCoding
import Kernels
import Models
import Reporting
import Runtime
import Samples
import Tensors
import Tokenization
import TrainingStep

/// A batch that overflowed, recomputed in fp32 without a loss scale: with the run's dropout, but
/// with the weights of its newest checkpoint at the time.
public struct OverflowReplay {
    /// Results of one sample, as means.
    public struct Sample: Sendable {
        /// Epoch of the sample, and its position in the epoch.
        public let epoch, index: Int
        /// Mean cross-entropy of its masked tokens; 0 if it has none.
        public let maskedLoss: Double
        /// Cross-entropy of its next-sentence prediction.
        public let nextSentenceLoss: Double
    }

    /// The gradient of one parameter over all samples of the file.
    public struct Gradient: Sendable {
        /// The parameter's name.
        public let name: String
        /// Euclidean norm; not finite if any element is not.
        public let norm: Double
        /// Largest magnitude among finite elements.
        public let largest: Double
        /// Number of non-finite elements, out of `count`.
        public let notFinite, count: Int
    }

    /// Names and values from the file.
    public let origin: [(String, String)]
    /// Warnings about newer checkpoints skipped as damaged.
    public let notices: [String]
    /// Results of the samples, in the file's order.
    public let samples: [Sample]
    /// Gradients of all parameters, in the order in which the backward pass completes them.
    public let gradients: [Gradient]

    /// Global norm of the gradient of these samples.
    public var gradientNorm: Double {
        gradients.reduce(0) { $0 + $1.norm * $1.norm }.squareRoot()
    }

    /// Reads `path` and computes its batch. The weights are those of `checkpoint` (a run,
    /// checkpoint or Hugging Face directory) if given, otherwise those named in the file.
    ///
    /// - Throws: `PretrainingError`, `FileError`, `CheckpointError`. The file and what it names are
    ///   untrusted, and are checked before any memory is allocated for the model.
    public init(path: String, checkpoint: String? = nil, threads: Int) throws {
        let file = try OverflowFile.read(path)
        let weights = try Weights(file, path: path, checkpoint: checkpoint)
        let sequences = try Self.sequences(file, weights, path: path)
        let model = try Self.makeModel(sequences, weights, path: path, threads: threads)
        try weights.read(into: model, seed: file.seed)
        let scale = ObjectiveScale(masked: file.globalMasked, sequences: file.globalSequences)
        samples = sequences.enumerated().map { index, sequence in
            let outcome = model.train(
                [sequence], scale: scale, seed: file.seed, accumulate: index > 0)[0]
            return Sample(
                epoch: sequence.identity.epoch, index: sequence.identity.index,
                maskedLoss: outcome.maskedLoss / Double(max(outcome.masked, 1)),
                nextSentenceLoss: outcome.nextSentenceLoss)
        }
        gradients = model.layout.backwardOrder(0..<model.layout.count).map { parameter in
            Gradient(parameter, model.gradients[parameter.range])
        }
        origin = Self.origin(file, weights)
        notices = weights.notices
    }

    /// The samples of `file` as model inputs.
    private static func sequences(
        _ file: OverflowFile, _ weights: Weights, path: String
    ) throws -> [PretrainingSample] {
        try file.samples.enumerated().map { index, sample in
            guard let sequence = sample.sequence(for: weights.configuration) else {
                throw PretrainingError.data(
                    "\(path) cannot be replayed: sample \(index) does not fit the model of "
                        + "\(weights.name)")
            }
            return sequence
        }
    }

    /// A model with room for one of `sequences` at a time.
    private static func makeModel(
        _ sequences: [PretrainingSample], _ weights: Weights, path: String, threads: Int
    ) throws -> BERTForPreTraining {
        let length = sequences.map(\.tokenIDs.count).max() ?? 1
        let capacity = BatchCapacity(
            sequences: 1, sequenceLength: length,
            maskedPerSequence: sequences.map(\.maskedLabels.count).max() ?? 0)
        let needed = BERTForPreTraining.memoryBytes(
            weights.configuration, for: .training, capacity: capacity, threads: threads)
        let available = MemoryShare.ofThisProcess.bytes
        guard needed <= available else {
            throw PretrainingError.data(
                "\(path) cannot be replayed here: samples of \(length) tokens take "
                    + "\(needed >> 20) MB with the model of \(weights.name), this process may "
                    + "have \(available >> 20) MB")
        }
        return BERTForPreTraining(
            weights.configuration, for: .training, capacity: capacity,
            executor: KernelExecutor(threads: threads))
    }

    private static func origin(_ file: OverflowFile, _ weights: Weights) -> [(String, String)] {
        [
            (
                "overflow",
                "update \(file.step) (batch \(file.batch)), rank \(file.rank) of \(file.ranks), "
                    + "\(file.compute), loss scale \(file.lossScale)"
            ),
            ("found then", file.cause),
            ("weights", weights.name),
            (
                "samples",
                "\(file.samples.count)"
                    + (file.suspects > 0 ? "; \(file.suspects) overflowed alone, listed first" : "")
            ),
        ]
    }
}

extension OverflowReplay {
    /// Source of the weights, and their model.
    private struct Weights {
        let configuration: BERTConfiguration
        let saved: SavedModel?
        let name: String
        var notices: [String] = []

        init(_ file: OverflowFile, path: String, checkpoint: String?) throws {
            if let place = try checkpoint ?? Self.place(file, path: path) {
                do {
                    let (found, skipped) = try SavedModel.open(place)
                    notices = skipped.map(\.description)
                    saved = found
                } catch let error as CheckpointError where checkpoint == nil {
                    throw PretrainingError.missing(
                        "\(path) names the weights \(place), which cannot be read (\(error)); name "
                            + "others with --checkpoint")
                }
                name = Self.name(place, file, isNamed: checkpoint == nil)
            } else {
                saved = nil
                name = "random, as at the start of the run, " + Self.age(file, step: 0)
            }
            // Not the saved model's own configuration, because dropout and the like may have been
            // overridden.
            configuration = try ModelDescription(
                configuration: file.model, vocabulary: "", tokenizer: TokenizerSettings()
            ).bertConfiguration(path: path)
            let layout = ParameterLayout.pretraining(configuration)
            if let saved { _ = try StoredParts(saved, layout) }
            do {
                try ModelMemory.gradients.check(layout)
            } catch {
                throw PretrainingError.data("\(path) cannot be replayed here: \(error)")
            }
        }

        /// Path of the weights named in the file; nil if they were random.
        private static func place(_ file: OverflowFile, path: String) throws -> String? {
            guard !file.checkpoint.isEmpty else {
                return file.initializeFrom.isEmpty ? nil : file.initializeFrom
            }
            guard !Paths.isAbsolute(file.checkpoint) else { return file.checkpoint }
            guard !Paths.components(of: file.checkpoint).contains("..") else {
                throw PretrainingError.data(
                    "\(path) names a checkpoint outside of its run directory "
                        + "(\(file.checkpoint)); if you trust it, name it with --checkpoint")
            }
            let run = Paths.parent(of: Paths.parent(of: path))
            let own = Paths.join(run, file.checkpoint)
            // A checkpoint that the run resumed from, under its name at that time.
            return try Paths.exists(own) ? own : file.checkpoint
        }

        private static func name(_ place: String, _ file: OverflowFile, isNamed: Bool) -> String {
            guard isNamed, !file.checkpoint.isEmpty else { return place }
            return "\(place), \(age(file, step: file.checkpointStep))"
        }

        /// Describes how much older the weights of `step` are than those of the overflow.
        private static func age(_ file: OverflowFile, step: Int) -> String {
            let since = file.step - 1 - step
            return since == 0
                ? "those of the overflow"
                : "\(counted(since, "update")) before those of the overflow"
        }

        func read(into model: BERTForPreTraining, seed: UInt64) throws {
            guard let saved else { return model.initialize(seed: seed) }
            try saved.initialize(model, seed: seed)
        }
    }
}

extension OverflowReplay.Gradient {
    fileprivate init(_ parameter: Parameter, _ values: Vector<Float>) {
        var (squares, largest, notFinite) = (0.0, Float(0), 0)
        for value in values.buffer {
            squares += Double(value) * Double(value)
            if value.isFinite { largest = max(largest, value.magnitude) } else { notFinite += 1 }
        }
        self.init(
            name: parameter.name, norm: squares.squareRoot(), largest: Double(largest),
            notFinite: notFinite, count: parameter.count)
    }
}
