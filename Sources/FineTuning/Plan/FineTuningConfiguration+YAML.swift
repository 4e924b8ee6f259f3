internal import Formats
internal import Tensors

/// Serialization of a configuration.
extension FineTuningConfiguration {
    /// Every key with its value, in a fixed order, as YAML that parses to an equal configuration.
    public var yaml: String {
        var text = """
            name: \(quoted(name))
            directory: \(quoted(directory))
            seeds: \(seeds)
            learning_rates: \(learningRates)
            epochs: \(epochs)
            sequence_length: \(sequenceLength)
            batch_size: \(batchSize)
            micro_batch_size: \(microBatchSize)
            warmup: \(warmup)
            weight_decay: \(weightDecay)
            clip_norm: \(clipNorm)
            head_dropout: \(orNull(headDropout))
            precision: \(precision.rawValue)
            ranks_per_trial: \(ranksPerTrial)
            retries: \(retries)
            early_stopping:
              patience: \(earlyStopping.patience)
              minimum_improvement: \(earlyStopping.minimumImprovement)
              evaluations_per_epoch: \(earlyStopping.evaluationsPerEpoch)
            checkpoints:

            """
        for point in checkpoints {
            text += "  - name: \(quoted(point.name))\n    path: \(quoted(point.path))\n"
            text += "    from_scratch: \(point.fromScratch)\n"
        }
        text += "tasks:\n"
        for task in tasks { text += task.yaml }
        return text
    }
}

extension TaskDefinition {
    fileprivate var yaml: String {
        """
          - name: \(quoted(name))
            kind: \(kind.rawValue)
            train: \(quoted(train))
            evaluate: \(quoted(evaluate))
            format: \(orNull(format?.rawValue))
            columns:
              text: \(quoted(columns.text))
              pair: \(orNull(columns.pair.map(quoted)))
              label: \(quoted(columns.label))
              choices: \(list(columns.choices))
              word: \(columns.word)
              tag: \(orNull(columns.tag))
            header: \(list(header))
            labels: \(list(labels))
            metric: \(orNull(metric?.rawValue))
            answers: \(answers.rawValue)
            null_threshold: \(nullThreshold)
            stride: \(stride)
            maximum_question_length: \(maximumQuestionLength)
            sequence_length: \(orNull(sequenceLength))
            batch_size: \(orNull(batchSize))
            learning_rates: \(learningRates)
            epochs: \(epochs)

        """
    }
}

private func orNull(_ value: (some CustomStringConvertible)?) -> String {
    value.map { "\($0)" } ?? "null"
}

private func list(_ texts: [String]) -> String {
    "[" + texts.map(quoted).joined(separator: ", ") + "]"
}

/// A YAML scalar that parses as text.
private func quoted(_ text: String) -> String { ValueKind.text.write(text) }
