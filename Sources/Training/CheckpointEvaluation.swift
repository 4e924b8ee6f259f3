import BERT
import Checkpointing
import Corpus
public import Distributed
import DurableFiles
import Evaluation
import Formats
import Kernels
public import MPI
import Models
import Optimization
public import Reporting
import Runtime
public import Tensors
import Tokenization

/// Evaluation of a stored model on held-out data: any checkpoint, run or Hugging Face directory.
public struct CheckpointEvaluation {
    /// Warnings about newer checkpoints that were skipped as damaged. On rank 0 only.
    public let notices: [String]
    /// The measurements.
    public let report: EvaluationReport
    /// `precision.compute`, in which it was measured.
    public let compute: Precision

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
                let isGone = try Agreement(among: communicator).throwingTogether {
                    try communicator.rank == 0 && agreed != checkpoint && !Paths.exists(agreed)
                }
                guard try Agreement(among: communicator).anyTrue(isGone) else { throw failure }
            }
        }
    }

    /// The path of the model at `path`, on all ranks, and newer checkpoints that were skipped, on
    /// rank 0. The coordinator verifies hashes and finds the newest good one; the others take its
    /// word. Collective.
    private static func find(
        _ path: String, _ communicator: Communicator
    ) throws -> (path: String, passedOver: [String]) {
        var passedOver: [String] = []
        let agreed = try communicator.broadcastFromRoot(on: "the verifying of the model") {
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
        let (saved, configuration) = try agreement.throwingTogether {
            let saved = try SavedModel(verified: agreed)
            return (saved, try Self.configuration(saved, paths, overrides))
        }
        try Self.requireEqual(saved, configuration, paths, among: communicator)
        let threads = try ThreadPlan.threads(
            configuration.parallel.threads, communicator: communicator)
        let memory = try MemoryShare(among: communicator)
        let (model, source, step, vocabulary) = try agreement.throwingTogether {
            try Watchdog.working(on: "the opening of model and data") {
                try Self.open(
                    saved, paths, configuration, memory, executor: KernelExecutor(threads: threads),
                    readsParameters: communicator.rank == 0)
            }
        }
        var inputs = SharedInputs()
        inputs.add("the samples of --data (SHA-256)", source.fingerprint)
        try inputs.requireEqual(among: communicator)
        try ShardVerification(of: [source]).run(among: communicator)
        try communicator.broadcast(model.parameters.vector.buffer)
        let result = try PretrainingEvaluator(
            source: source, vocabulary: vocabulary,
            maximumSamples: configuration.evaluation.maxSequences,
            batch: model.capacity.sequences, communicator: communicator
        ).evaluate(model)
        compute = configuration.precision.compute
        let length = configuration.samples.sequenceLength
        let lengthNotice = DataSetup.lengthNotice([source], sequenceLength: length)
        self.notices = notices + (lengthNotice.map { [$0] } ?? [])
        report = EvaluationReport(result, step: step, path: agreed, vocabulary: vocabulary)
    }

    /// Refuses ranks that would evaluate another model, or in another way. Parameters come from rank 0.
    private static func requireEqual(
        _ saved: SavedModel, _ configuration: RunConfiguration, _ paths: [String],
        among communicator: Communicator
    ) throws {
        var inputs = try Agreement(among: communicator).throwingTogether {
            let description = try saved.description()
            var inputs = SharedInputs()
            inputs.add(
                "\(saved.path): the model's configuration (SHA-256)",
                SharedInputs.digest(description.configuration))
            inputs.add(
                "\(saved.path): the vocabulary (SHA-256)",
                SharedInputs.digest(description.vocabulary))
            inputs.add("\(saved.path): the tokenizer", "\(description.tokenizer)")
            if case .checkpoint(let checkpoint) = saved {
                inputs.add("\(saved.path) (SHA-256 of its manifest)", try checkpoint.digest())
            }
            return inputs
        }
        for (path, value) in configuration.resolved().values { inputs.add(path, value) }
        inputs.add("--data", paths.joined(separator: " "))
        try inputs.requireEqual(among: communicator)
    }

    /// Evaluates all checkpoints of the run directory `run`, oldest first, and tells `report` of
    /// each. Those that cannot be read are skipped. Collective.
    ///
    /// - Throws: the first failure of any rank, on all of them; that of a damaged checkpoint where
    ///   none is good.
    public static func curve(
        run: String, data paths: [String], overrides: [String], communicator: Communicator,
        _ report: (Result<CheckpointEvaluation, Agreement.Failure>) throws -> Void
    ) throws {
        let checkpoints = try communicator.broadcastFromRoot(on: "the listing of the checkpoints") {
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

    /// The keys that an evaluation knows; anything else would be set without an effect.
    private static let keys: Set = [
        "data.sequence_length", "data.short_sequence_probability", "masking.probability",
        "masking.max_predictions", "masking.mask", "masking.random", "masking.keep", "masking.unit",
        "batch.micro", "precision.compute", "evaluation.max_sequences", "parallel.threads",
    ]

    /// The settings that the model was trained with in its last phase, as far as they are known,
    /// overridden by `overrides`: samples are made as they were in training.
    private static func configuration(
        _ saved: SavedModel, _ paths: [String], _ overrides: [String]
    ) throws -> RunConfiguration {
        var text = ""
        if case .checkpoint(let checkpoint) = saved {
            text = try checkpoint.trainingState().resolvedConfiguration
        }
        let stored = try RunConfiguration.parse(
            text, name: "\(saved.path) (its configuration)")
        var last = stored.resolvedPhases.last ?? stored
        // Another machine, another number of threads; numbers that compare with those of other
        // models, so fp32 unless asked; other data; and no step, which would limit batches.
        last.parallel.threads = .auto
        last.precision = PrecisionSettings()
        last.data.format = try isCorpus(paths) ? .corpus : .nvidiaHDF5
        last.batch.global = Self.maximumBatch
        let configuration = try RunConfiguration.parse(
            last.yaml, name: saved.path, overrides: overrides)
        let others = configuration.differences(from: last).map(\.path).filter { !keys.contains($0) }
        guard others.isEmpty else {
            throw TrainingError.configuration(
                "--set \(others.joined(separator: ", ")) would have no effect: an evaluation knows "
                    + keys.sorted().joined(separator: ", "))
        }
        return configuration
    }

    private static func isCorpus(_ paths: [String]) throws -> Bool {
        try paths.allSatisfy { try Paths.exists(Paths.join($0, "manifest.json")) }
    }

    private static func open(
        _ saved: SavedModel, _ paths: [String], _ settings: RunConfiguration,
        _ memory: MemoryShare, executor: KernelExecutor, readsParameters: Bool
    ) throws -> (BERTForPreTraining, any SampleSource, step: Int, Vocabulary) {
        let path = saved.path
        let stored = try StoredModel(saved)
        let (sizes, vocabulary) = (stored.configuration, stored.vocabulary)
        // Sizes are only a claim until the file's own tensors bear them out.
        let parts = try stored.parts()
        try parts.requireWhole(for: "evaluate")
        let layout = parts.layout
        try ModelSetup.checkMemory(layout, .evaluation)
        let source = try source(paths, settings, stored)
        let length = source.maximumLength
        if let problem = sizes.problem(
            withInputs: ModelInputs(
                length: length, vocabularySize: source.vocabularySize, hasPairs: true))
        {
            throw TrainingError.configuration(
                "the held-out data do not fit the model in \(path): \(problem)")
        }
        // No more than there are: memory is cleared before it is used.
        let capacity = BatchCapacity(
            sequences: max(1, min(settings.batch.micro, source.sampleCount(epoch: 0))),
            sequenceLength: length, maskedPerSequence: length)
        let precision = settings.precision.compute
        try memory.check(
            BERTForPreTraining.memoryBytes(
                sizes, for: .inference, capacity: capacity, threads: executor.team.count,
                precision: precision), of: "the model with \(capacity)",
            advice: "lower batch.micro, or start fewer ranks")
        let model = BERTForPreTraining(
            sizes, for: .inference, capacity: capacity, executor: executor, precision: precision)
        if readsParameters { try saved.initialize(model, seed: 0) }
        var step = 0
        if case .checkpoint(let checkpoint) = saved { step = checkpoint.step }
        return (model, source, step, vocabulary)
    }

    private static func source(
        _ paths: [String], _ settings: RunConfiguration, _ model: StoredModel
    ) throws -> any SampleSource {
        try DataSetup.checkDistinct(paths)
        guard try isCorpus(paths) else {
            return try NvidiaHDF5Source(
                paths: paths, vocabularySize: model.configuration.vocabularySize,
                order: .sequential,
                seed: PretrainingEvaluator.seed)
        }
        let directories = try paths.map { try CorpusDirectory(path: $0) }
        try DataSetup.check(directories, model.vocabulary, model.description.tokenizer)
        return try DataSetup.heldout(directories, settings.samples.ofHeldout)
    }
}
