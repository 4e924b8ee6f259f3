import BERT
import Checkpointing
import Configuration
import Corpus
import Distributed
import DurableFiles
import Evaluation
import Kernels
public import MPI
public import Reporting
import Tensors
import Tokenization

/// Evaluation of a stored model on held-out data: any checkpoint, run or Hugging Face directory.
public struct CheckpointEvaluation {
    /// The model's directory.
    public let path: String
    /// What was measured.
    public let record: EvaluationRecord

    /// Evaluates the model at `checkpoint` on `paths`: corpus directories (their held-out split,
    /// or all of them if they have none) or NVIDIA's HDF5 files. Collective.
    ///
    /// - Throws: the first failure of any rank, on all of them.
    public init(
        checkpoint: String, data paths: [String], overrides: [String],
        communicator: Communicator
    ) throws {
        let agreement = Agreement(among: communicator)
        // The coordinator verifies hashes and finds the newest good one; the others read that.
        let found = try agreement.jointly {
            communicator.rank == 0 ? try SavedModel.open(checkpoint).model.path : ""
        }
        let agreed = String(
            decoding: try communicator.broadcast(bytes: Array(found.utf8)), as: UTF8.self)
        let (saved, configuration) = try agreement.jointly {
            let saved = try SavedModel(verified: agreed)
            return (saved, try Self.configuration(saved, overrides))
        }
        let threads = try ThreadPlan.threads(
            configuration.parallel.threads, communicator: communicator)
        let (model, source, step, vocabulary) = try agreement.jointly {
            try Self.open(saved, paths, configuration, executor: KernelExecutor(threads: threads))
        }
        let result = try PretrainingEvaluator(
            source: source, maximumSamples: configuration.evaluation.maxSequences,
            batch: configuration.batch.micro, communicator: communicator, exitCode: ExitStatus.of
        ).evaluate(model)
        path = agreed
        record = EvaluationRecord(result, step: step, vocabulary: vocabulary)
    }

    /// The settings that the model was trained with in its last phase, as far as they are known,
    /// with `overrides` laid over them: samples are made as they were in training.
    private static func configuration(
        _ saved: SavedModel, _ overrides: [String]
    ) throws -> RunConfiguration {
        var text = ""
        if case .checkpoint(let checkpoint) = saved {
            text = try checkpoint.trainingState().resolvedConfiguration
        }
        guard !text.isEmpty else {
            return try RunConfiguration.parse("{}", name: "the defaults", overrides: overrides)
        }
        let stored = try RunConfiguration.parse(
            text, name: "\(saved.path) (its configuration)", overrides: overrides)
        var last = stored.resolvedPhases.last ?? stored
        // Another machine, another number of threads.
        last.parallel.threads = .auto
        return try RunConfiguration.parse(last.yaml, name: saved.path, overrides: overrides)
    }

    private static func open(
        _ saved: SavedModel, _ paths: [String], _ settings: RunConfiguration,
        executor: KernelExecutor
    ) throws -> (BERTForPreTraining, any SampleSource, step: Int, Vocabulary) {
        let path = saved.path
        let description = try saved.description()
        let sizes = try BERTConfiguration(json: description.configuration, path: path)
        let vocabulary = try Vocabulary(utf8: Array(description.vocabulary.utf8), source: path)
        guard vocabulary.count <= sizes.vocabularySize else {
            throw TrainingError.data(
                "\(path): its vocabulary has \(vocabulary.count) entries, the model only "
                    + "\(sizes.vocabularySize)")
        }
        let source = try source(paths, settings, vocabulary: vocabulary, sizes: sizes)
        let length = source.maximumLength
        guard length <= sizes.maximumPositions else {
            throw TrainingError.configuration(
                "samples of up to \(length) tokens do not fit the \(sizes.maximumPositions) "
                    + "positions of \(path)")
        }
        let model = BERTForPreTraining(
            sizes, for: .inference,
            capacity: BatchCapacity(
                sequences: settings.batch.micro, sequenceLength: length, maskedPerSequence: length),
            executor: executor)
        let buffer = model.parameters.vector.buffer
        var parameters = buffer.mutableSpan
        try saved.readParameters(model.layout, into: &parameters)
        var step = 0
        if case .checkpoint(let checkpoint) = saved { step = checkpoint.step }
        return (model, source, step, vocabulary)
    }

    private static func source(
        _ paths: [String], _ settings: RunConfiguration, vocabulary: Vocabulary,
        sizes: BERTConfiguration
    ) throws -> any SampleSource {
        let isCorpus = paths.allSatisfy { Paths.exists(Paths.join($0, "manifest.json")) }
        guard isCorpus else {
            return try NvidiaHDF5Source(
                paths: paths, vocabularySize: sizes.vocabularySize, order: .sequential,
                seed: PretrainingEvaluator.seed)
        }
        let directories = try paths.map { try CorpusDirectory(path: $0) }
        if let other = directories.first(where: { $0.vocabulary.text != vocabulary.text }) {
            throw TrainingError.data(
                "\(other.path) was built with another vocabulary than the model's; build it with "
                    + "`bert corpus build --vocab` and the model's vocab.txt")
        }
        return try DataSetup.heldout(directories, SampleSettings(settings, order: .shuffled))
    }
}
