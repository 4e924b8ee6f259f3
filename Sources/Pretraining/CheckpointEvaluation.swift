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
import TrainingStep

/// Evaluation of a stored model on held-out data. The model is any checkpoint, run or Hugging Face
/// directory.
public struct CheckpointEvaluation {
    /// Warnings about newer checkpoints skipped as damaged. On rank 0 only.
    public let notices: [String]
    /// The measurements.
    public let report: EvaluationReport
    /// `precision.compute` of the measurements.
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
                // A live run deletes old checkpoints, but then a newer one exists.
                let isGone = try Agreement(among: communicator).throwingTogether {
                    try communicator.rank == 0 && agreed != checkpoint && !Paths.exists(agreed)
                }
                guard try Agreement(among: communicator).anyTrue(isGone) else { throw failure }
            }
        }
    }

    /// Path of the model at `path`, on all ranks, and newer checkpoints that were skipped, on rank
    /// 0. The coordinator verifies hashes, finds the newest good checkpoint and broadcasts its
    /// path. Collective.
    private static func find(
        _ path: String, _ communicator: Communicator
    ) throws -> (path: String, passedOver: [String]) {
        var passedOver: [String] = []
        let agreed = try communicator.broadcastFromRoot(on: "verifying the model") {
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
            try Watchdog.working(on: "opening model and data") {
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

    /// Throws if ranks would evaluate different models or with different settings. Parameters come
    /// from rank 0.
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

    /// Evaluates all checkpoints of the run directory `run`, oldest first, and calls `report` for
    /// each. Unreadable checkpoints are skipped. Collective.
    ///
    /// - Throws: the first failure of any rank, on all of them; if no checkpoint is good, that of a
    ///   damaged one.
    public static func curve(
        run: String, data paths: [String], overrides: [String], communicator: Communicator,
        _ report: (Result<CheckpointEvaluation, Agreement.Failure>) throws -> Void
    ) throws {
        let checkpoints = try communicator.broadcastFromRoot(on: "listing the checkpoints") {
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

    /// Upper limit of `batch.global`.
    private static let maximumBatch = 16_777_216

    /// Keys that affect an evaluation; any other key would be set without effect.
    private static let keys: Set = [
        "data.sequence_length", "data.short_sequence_probability", "masking.probability",
        "masking.max_predictions", "masking.mask", "masking.random", "masking.keep", "masking.unit",
        "batch.micro", "precision.compute", "evaluation.max_sequences", "parallel.threads",
    ]

    /// Settings that the model was trained with in its last phase, as far as they are known,
    /// overridden by `overrides`, so that samples are made as in training.
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
        // The machine, thread count and data differ from training. fp32 by default keeps numbers
        // comparable with those of other models. There is no step that would limit batches.
        last.parallel.threads = .auto
        last.precision = PrecisionSettings()
        last.data.format = try isCorpus(paths) ? .corpus : .nvidiaHDF5
        last.batch.global = Self.maximumBatch
        let configuration = try RunConfiguration.parse(
            last.yaml, name: saved.path, overrides: overrides)
        let others = configuration.differences(from: last).map(\.path).filter { !keys.contains($0) }
        guard others.isEmpty else {
            throw PretrainingError.configuration(
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
        // Sizes in the description are only trusted once they match the tensors in the file.
        let parts = try stored.parts()
        try parts.requireWhole(for: "evaluate")
        let layout = parts.layout
        try ModelMemory.evaluation.check(layout)
        let source = try source(paths, settings, stored)
        let length = source.maximumLength
        if let problem = sizes.problem(
            withInputs: ModelInputs(
                length: length, vocabularySize: source.vocabularySize, hasPairs: true))
        {
            throw PretrainingError.configuration(
                "the held-out data do not fit the model in \(path): \(problem)")
        }
        // No more than the number of samples, because memory is cleared before it is used.
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
