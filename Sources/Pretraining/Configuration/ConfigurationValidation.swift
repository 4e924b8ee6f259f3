import BERT
import Corpus
public import Formats
import Optimization

extension RunConfiguration {
    /// Checks the configuration, including its phases, as `load` does. For configurations made or
    /// changed by a program.
    ///
    /// - Throws: `ConfigurationError` that names the keys.
    public func validate() throws(ConfigurationError) {
        var problems: [ConfigurationError.Problem] = []
        for (prefix, configuration) in namedPhases {
            problems += configuration.inconsistencies().map {
                .init(location: "", message: prefix + $0.message)
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    /// Checks as `validate()` does, and also that `ranks` can share the run: each rank needs at
    /// least one sequence of every global batch.
    ///
    /// - Throws: `ConfigurationError` that names the keys.
    public func validate(ranks: Int) throws(ConfigurationError) {
        precondition(ranks > 0, "there is no world without ranks")
        try validate()
        try requireWork(ranks: ranks)
    }

    /// The part of `validate(ranks:)` that concerns the ranks.
    ///
    /// - Throws: `ConfigurationError` that names the keys.
    package func requireWork(ranks: Int) throws(ConfigurationError) {
        let problems = namedPhases.filter { $0.configuration.batch.global < ranks }.map {
            ConfigurationError.Problem(
                location: "",
                message: "\($0.prefix)batch.global is \($0.configuration.batch.global), "
                    + "less than the \(ranks) ranks: some would have nothing to do; "
                    + "use at most \($0.configuration.batch.global) ranks or raise batch.global")
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    private var namedPhases: [(prefix: String, configuration: RunConfiguration)] {
        let resolved = resolvedPhases
        guard !phases.isEmpty else { return [("", resolved[0])] }
        return resolved.enumerated().map { ("phases[\($0.offset)].", $0.element) }
    }

    /// All violated constraints of this configuration, not including its phases.
    func inconsistencies() -> [Inconsistency] {
        modelInconsistencies() + dataInconsistencies() + trainingInconsistencies()
    }

    private func modelInconsistencies() -> [Inconsistency] {
        var result: [Inconsistency] = []
        // With a checkpoint to start from, sizes that were not given are unknown here.
        let known = modelFiles.initializeFrom == nil
        let architecture = self.architecture
        let sizesKnown = known || (model.hiddenSize != nil && model.heads != nil)
        if sizesKnown, architecture.hiddenSize % architecture.heads != 0 {
            result.append(
                Inconsistency(
                    paths: ["model.hidden_size", "model.num_attention_heads"],
                    message: "model.hidden_size (\(architecture.hiddenSize)) must be a multiple of "
                        + "model.num_attention_heads (\(architecture.heads))"))
        }
        // NVIDIA's files have their own sequence length, which is checked when they are opened.
        if known || model.maximumPositions != nil, data.format == .corpus,
            samples.sequenceLength > architecture.maximumPositions
        {
            result.append(
                Inconsistency(
                    paths: ["data.sequence_length", "model.max_position_embeddings"],
                    message: "data.sequence_length (\(samples.sequenceLength)) is more than "
                        + "model.max_position_embeddings (\(architecture.maximumPositions))"))
        }
        if let vocabulary = model.vocabularySize, let pad = model.paddingID, pad >= vocabulary {
            result.append(
                Inconsistency(
                    paths: ["model.pad_token_id", "model.vocab_size"],
                    message: "model.pad_token_id (\(pad)) must be below model.vocab_size "
                        + "(\(vocabulary))"))
        }
        return result
    }

    private func dataInconsistencies() -> [Inconsistency] {
        var result: [Inconsistency] = []
        let masking = samples.masking
        if !masking.sharesAddUp {
            let sum = masking.maskShare + masking.randomShare + masking.keepShare
            result.append(
                Inconsistency(
                    paths: ["masking.mask", "masking.random", "masking.keep"],
                    message: "masking.mask + masking.random + masking.keep must be 1, found "
                        + "\(masking.maskShare) + \(masking.randomShare) + \(masking.keepShare) = "
                        + "\(sum)"))
        }
        // [CLS] and both [SEP] are never masked.
        let maskable = samples.sequenceLength - 3
        if masking.maximumPredictions > maskable {
            result.append(
                Inconsistency(
                    paths: ["masking.max_predictions", "data.sequence_length"],
                    message:
                        "masking.max_predictions (\(masking.maximumPredictions)) is more than the "
                        + "\(maskable) tokens of data.sequence_length (\(samples.sequenceLength)) "
                        + "that can be masked"))
        }
        return result
    }

    private func trainingInconsistencies() -> [Inconsistency] {
        var result: [Inconsistency] = []
        if batch.micro > batch.global {
            result.append(
                Inconsistency(
                    paths: ["batch.micro", "batch.global"],
                    message: "batch.micro (\(batch.micro)) is more than batch.global "
                        + "(\(batch.global))"))
        }
        if schedule.warmupSteps > schedule.totalSteps {
            result.append(
                Inconsistency(
                    paths: ["schedule.warmup_steps", "schedule.total_steps"],
                    message: "schedule.warmup_steps (\(schedule.warmupSteps)) is more than "
                        + "schedule.total_steps (\(schedule.totalSteps))"))
        }
        if case .dynamic(let scale) = precision.lossScale, scale.minimum > scale.initial {
            result.append(
                Inconsistency(
                    paths: ["precision.loss_scale.minimum", "precision.loss_scale.initial"],
                    message: "precision.loss_scale.minimum (\(scale.minimum)) is more than "
                        + "precision.loss_scale.initial (\(scale.initial))"))
        }
        return result
    }
}
