import BERT
import Checkpointing
public import Configuration
import Corpus
public import Distributed
import DurableFiles
import Evaluation
import Kernels
public import MPI
public import Reporting
import Tensors
import Tokenization

/// Evaluation of a stored model on held-out data: any checkpoint, run or Hugging Face directory.
public struct CheckpointEvaluation {
    /// What to warn of: newer checkpoints that are damaged and were passed over. On rank 0 only.
    public let notices: [String]
    /// What was measured.
    public let report: EvaluationReport
    /// `precision.compute`, in which it was measured.
    public let compute: RunConfiguration.ComputeType

    /// Evaluates the model at `checkpoint` on `paths`: corpus directories (their held-out split,
    /// or all of them if they have none) or NVIDIA's HDF5 files. Collective.
    ///
    /// - Throws: the first failure of any rank, on all of them.
    public init(
        checkpoint: String, data paths: [String], overrides: [String],
        communicator: Communicator
    ) throws {
        while true {
            let (agreed, passedOver) = try Self.find(checkpoint, communicator)
            do {
                self = try Self(
                    verified: agreed, notices: passedOver, data: paths, overrides: overrides,
                    communicator: communicator)
                return
            } catch let failure as Agreement.Failure {
                // A run that lives deletes old checkpoints: a newer one is there then.
                let isGone = try Agreement(among: communicator).jointly {
                    try communicator.rank == 0 && agreed != checkpoint && !Paths.exists(agreed)
                }
                guard try Agreement(among: communicator).anyTrue(isGone) else { throw failure }
            }
        }
    }

    /// The path of the model at `path`, on all ranks, and newer checkpoints that were passed over, on
    /// rank 0. The coordinator verifies hashes and finds the newest good one; the others take its
    /// word. Collective.
    private static func find(
        _ path: String, _ communicator: Communicator
    ) throws -> (path: String, passedOver: [String]) {
        var passedOver: [String] = []
        let agreed = try communicator.told {
            let found = try SavedModel.open(path)
            passedOver = found.skipped.map(\.description)
            return found.model.path
        }
        return (agreed, passedOver)
    }

    private init(
        verified agreed: String, notices: [String], data paths: [String], overrides: [String],
        communicator: Communicator
    ) throws {
        let agreement = Agreement(among: communicator)
        let (saved, configuration) = try agreement.jointly {
            let saved = try SavedModel(verified: agreed)
            return (saved, try Self.configuration(saved, overrides))
        }
        let threads = try ThreadPlan.threads(
            configuration.parallel.threads, communicator: communicator)
        let memory = try MemoryShare(among: communicator)
        let (model, source, step, vocabulary) = try agreement.jointly {
            try Self.open(
                saved, paths, configuration, memory, executor: KernelExecutor(threads: threads))
        }
        let result = try PretrainingEvaluator(
            source: source, vocabulary: vocabulary,
            maximumSamples: configuration.evaluation.maxSequences,
            batch: model.capacity.sequences, communicator: communicator
        ).evaluate(model)
        compute = configuration.precision.compute
        self.notices = notices
        report = EvaluationReport(result, step: step, path: agreed, vocabulary: vocabulary)
    }

    /// Evaluates all checkpoints of the run directory `run`, oldest first, and tells `report` of
    /// each. Those that cannot be read are passed over. Collective.
    ///
    /// - Throws: the first failure of any rank, on all of them; that of a damaged checkpoint where
    ///   none is good.
    public static func curve(
        run: String, data paths: [String], overrides: [String], communicator: Communicator,
        _ report: (Result<CheckpointEvaluation, Agreement.Failure>) throws -> Void
    ) throws {
        let checkpoints = try communicator.told {
            try Checkpoint.entries(run).reversed().map(\.path).joined(separator: "\0")
        }.split(separator: "\0").map(String.init)
        var damage: Agreement.Failure?
        var count = 0
        for checkpoint in checkpoints {
            let path: String
            do {
                path = try find(checkpoint, communicator).path
            } catch let failure as Agreement.Failure {
                damage = failure
                try report(.failure(failure))
                continue
            }
            let evaluation = try CheckpointEvaluation(
                verified: path, notices: [], data: paths, overrides: overrides,
                communicator: communicator)
            count += 1
            try report(.success(evaluation))
        }
        if let damage, count == 0 { throw damage }
    }

    /// The largest `batch.global`.
    private static let maximumBatch = 16_777_216

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
            return try RunConfiguration.parse(
                "batch: {global: \(Self.maximumBatch)}", name: "the defaults", overrides: overrides)
        }
        let stored = try RunConfiguration.parse(
            text, name: "\(saved.path) (its configuration)")
        var last = stored.resolvedPhases.last ?? stored
        // Another machine, another number of threads; numbers that compare with those of other
        // models, so fp32 unless asked; and no step, which would limit batches.
        last.parallel.threads = .auto
        last.precision = RunConfiguration.Precision()
        last.batch.global = Self.maximumBatch
        return try RunConfiguration.parse(last.yaml, name: saved.path, overrides: overrides)
    }

    private static func open(
        _ saved: SavedModel, _ paths: [String], _ settings: RunConfiguration,
        _ memory: MemoryShare, executor: KernelExecutor
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
        // Sizes are only a claim until the file's own tensors bear them out.
        let layout = ParameterLayout.pretraining(sizes)
        try saved.check(layout)
        try ModelSetup.checkMemory(layout, .evaluation)
        let source = try source(
            paths, settings, vocabulary: vocabulary, lowercase: description.doLowerCase,
            sizes: sizes)
        let length = source.maximumLength
        guard length <= sizes.maximumPositions else {
            throw TrainingError.configuration(
                "samples of up to \(length) tokens do not fit the \(sizes.maximumPositions) "
                    + "positions of \(path)")
        }
        // No more than there are: memory is cleared before it is used.
        let capacity = BatchCapacity(
            sequences: max(1, min(settings.batch.micro, source.sampleCount(epoch: 0))),
            sequenceLength: length, maskedPerSequence: length)
        let precision = Precision(settings.precision.compute)
        try memory.check(
            BERTForPreTraining.memoryBytes(
                sizes, for: .inference, capacity: capacity, threads: executor.team.count,
                precision: precision), of: "the model with \(capacity)",
            advice: "lower batch.micro, or start fewer ranks")
        let model = BERTForPreTraining(
            sizes, for: .inference, capacity: capacity, executor: executor, precision: precision)
        let buffer = model.parameters.vector.buffer
        var parameters = buffer.mutableSpan
        try saved.readParameters(model.layout, into: &parameters)
        var step = 0
        if case .checkpoint(let checkpoint) = saved { step = checkpoint.step }
        return (model, source, step, vocabulary)
    }

    private static func source(
        _ paths: [String], _ settings: RunConfiguration, vocabulary: Vocabulary,
        lowercase: Bool, sizes: BERTConfiguration
    ) throws -> any SampleSource {
        try DataSetup.checkDistinct(paths)
        let isCorpus = try paths.allSatisfy { try Paths.exists(Paths.join($0, "manifest.json")) }
        guard isCorpus else {
            return try NvidiaHDF5Source(
                paths: paths, vocabularySize: sizes.vocabularySize, order: .sequential,
                seed: PretrainingEvaluator.seed)
        }
        let directories = try paths.map { try CorpusDirectory(path: $0) }
        try DataSetup.check(directories, vocabulary: vocabulary, lowercase: lowercase)
        return try DataSetup.heldout(directories, SampleSettings(settings, order: .shuffled))
    }
}
