/// Keys that are fine one by one but not together.
package struct Inconsistency {
    /// The keys, the one most likely wrong first.
    package let paths: [String]
    /// The message, beginning with the first path.
    package let message: String

    package init(paths: [String], message: String) {
        self.paths = paths
        self.message = message
    }

    /// The first components of the paths.
    var sections: [String] { paths.map { String($0.prefix { $0 != "." }) } }
}

extension RunConfiguration {
    /// Checks the configuration, phases included, as `load` does; for configurations that were
    /// made or changed by a program.
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

    /// `validate()`, and that the run can be shared among `ranks`: each rank needs at least one
    /// sequence of every global batch.
    ///
    /// - Throws: `ConfigurationError` that names the keys.
    public func validate(ranks: Int) throws(ConfigurationError) {
        precondition(ranks > 0, "there is no world without ranks")
        try validate()
        try requireWork(ranks: ranks)
    }

    /// The part of `validate(ranks:)` that is about the ranks.
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

    /// Everything about this configuration, phases aside, that does not fit together.
    func inconsistencies() -> [Inconsistency] {
        modelInconsistencies() + dataInconsistencies() + trainingInconsistencies()
    }

    private func modelInconsistencies() -> [Inconsistency] {
        var result: [Inconsistency] = []
        // With a checkpoint to start from, sizes that were not given are not known here.
        let known = model.initializeFrom == nil
        let architecture = model.architecture
        let sizesKnown = known || (model.hiddenSize != nil && model.numAttentionHeads != nil)
        if sizesKnown, architecture.hiddenSize % architecture.numAttentionHeads != 0 {
            result.append(
                Inconsistency(
                    paths: ["model.hidden_size", "model.num_attention_heads"],
                    message: "model.hidden_size (\(architecture.hiddenSize)) must be a multiple of "
                        + "model.num_attention_heads (\(architecture.numAttentionHeads))"))
        }
        // NVIDIA's files have a length of their own, which is checked when they are opened.
        if known || model.maxPositionEmbeddings != nil, data.format == .corpus,
            data.sequenceLength > architecture.maxPositionEmbeddings
        {
            result.append(
                Inconsistency(
                    paths: ["data.sequence_length", "model.max_position_embeddings"],
                    message: "data.sequence_length (\(data.sequenceLength)) is more than "
                        + "model.max_position_embeddings (\(architecture.maxPositionEmbeddings))"))
        }
        if let vocabulary = model.vocabSize, let pad = model.padTokenID, pad >= vocabulary {
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
        let sum = masking.mask + masking.random + masking.keep
        if abs(sum - 1) > 1e-9 {
            result.append(
                Inconsistency(
                    paths: ["masking.mask", "masking.random", "masking.keep"],
                    message: "masking.mask + masking.random + masking.keep must be 1, found "
                        + "\(masking.mask) + \(masking.random) + \(masking.keep) = \(sum)"))
        }
        // [CLS] and both [SEP] are never masked.
        let maskable = data.sequenceLength - 3
        if masking.maxPredictions > maskable {
            result.append(
                Inconsistency(
                    paths: ["masking.max_predictions", "data.sequence_length"],
                    message: "masking.max_predictions (\(masking.maxPredictions)) is more than the "
                        + "\(maskable) tokens of data.sequence_length (\(data.sequenceLength)) "
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
