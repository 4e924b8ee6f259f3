import Corpus
import FineTuning
import Formats
import Pretraining

/// `bert-train --config`.
struct ConfigurationReader: FuzzReader {
    let name = "configuration"
    let refusals: [any Error.Type] = [ConfigurationError.self]

    static let text = """
        # A comment.
        run: {name: "a run", seed: 42}
        model:
          preset: bert-mini
          vocabulary: Corpora/en-vocab.txt
          initializer_range: 0.05
        data: {train: [Corpora/en, 'Corpora/b'], sequence_length: 128}
        masking: {unit: whole_word, max_predictions: 20, probability: 0.15}
        batch: {global: 64, micro: 16}
        optimizer: {name: lamb, learning_rate: 1.0e-3, weight_decay: 0.01, clip_norm: 1.0}
        precision: {compute: bf16, loss_scale: {initial: 1024, interval: 5}}
        schedule: {name: polynomial, power: 0.5, warmup_steps: 200, total_steps: 7038}
        evaluation: {every_steps: 500}
        checkpoint: {every_steps: 1000, every_minutes: 15, keep_last: 3, background: false}

        """

    static let phases = """
        model: {preset: bert-base, vocabulary: v.txt}
        data:
          train:
            - Corpora/en
        phases:
          - data: {sequence_length: 32}
            batch: {global: 128, micro: 32}
            optimizer: {learning_rate: 1.0e-3}
            schedule: {name: constant, warmup_steps: 200, total_steps: 2000}
          - data: {sequence_length: 128}
            masking: {unit: ngram}
            schedule: {warmup_steps: 100, total_steps: 5000}

        """

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let every = try RunConfiguration.parse(Self.text, name: "seed").yaml
        return [Self.text, Self.phases, every, ""].map { FuzzInput("run.yaml", $0) }
    }

    func read(_ directory: String) throws {
        let configuration = try RunConfiguration.load(path: directory + "/run.yaml")
        try Self.check(configuration)
    }

    /// The written configuration parses to an equal one, and its resolved form is also valid.
    static func check(_ configuration: RunConfiguration) throws {
        for (form, value) in [("", configuration), ("resolved ", configuration.resolved())] {
            do {
                let back = try RunConfiguration.parse(value.yaml, name: "written")
                try FuzzFault.require(
                    back == value, "the \(form)configuration reads back as another:\n\(value.yaml)")
            } catch let error as ConfigurationError {
                throw FuzzFault("the \(form)configuration does not read back: \(error)")
            }
        }
        do {
            try configuration.validate()
        } catch {
            try FuzzFault.require(error.exitCode == 78, "validation ends with \(error.exitCode)")
        }
    }
}

/// `--set`, one argument per line.
struct OverrideReader: FuzzReader {
    let name = "override"
    let refusals: [any Error.Type] = [ConfigurationError.self]

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        [
            "batch.global=32\noptimizer={name: lamb}\ndata.train=[a, b]\nmodel.preset=bert-base",
            "phases=[{batch: {global: 128}}]\nphases.0.batch.global=64\nrun.name=\"x\"",
            "precision.loss_scale={initial: 1024, interval: 5}\nmodel.hidden_size=null",
            "optimizer.learning_rate=1e-4\nschedule.total_steps=10\nschedule.warmup_steps=0\nmasking.probability=0.5",
        ].map { FuzzInput("set", $0) }
    }

    func read(_ directory: String) throws {
        let text = String(decoding: try ScratchFiles.read(directory + "/set"), as: UTF8.self)
        // A command line has tens of arguments, not thousands.
        let overrides = text.split(separator: "\n").prefix(100).map(String.init)
        let configuration = try RunConfiguration.parse(
            ConfigurationReader.text, name: "base.yaml", overrides: overrides)
        try ConfigurationReader.check(configuration)
    }

    func isPlaced(_ message: String, _ directory: String) -> Bool {
        message.contains("--set") || message.contains("base.yaml")
    }
}

/// `bert-train finetune --config`.
struct FineTuningReader: FuzzReader {
    let name = "finetuning"
    let refusals: [any Error.Type] = [ConfigurationError.self]

    static let text = """
        name: all
        directory: out
        seeds: [7, 8]
        learning_rates: [1e-5, 5e-5]
        epochs: 4
        sequence_length: 256
        batch_size: 16
        micro_batch_size: 8
        warmup: 0.06
        head_dropout: 0
        precision: bf16
        early_stopping: {patience: 2, minimum_improvement: 0.001, evaluations_per_epoch: 4}
        checkpoints: [a/b, {path: a/b, from_scratch: true}, {name: x, path: c}]
        tasks:
          - {name: qa, kind: question_answering, train: t, evaluate: e, answers: squad2,
             null_threshold: -2.5, stride: 64, maximum_question_length: 32, batch_size: 24,
             learning_rates: 2e-5, epochs: [2], metric: exact_match}
          - name: pos
            kind: tagging
            train: t.conllu
            evaluate: e.conllu
            columns: {tag: 4}
          - name: nli
            train: t.txt
            evaluate: e.txt
            format: csv
            header: [a, b, c]
            labels: ["no", "yes"]
            columns: {text: a, pair: b, label: c}
          - {name: copa, kind: multiple_choice, train: t.jsonl, evaluate: e.jsonl,
             columns: {text: p, choices: [c1, c2]}}

        """

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let every = try FineTuningConfiguration.parse(Self.text, name: "seed").yaml
        return [Self.text, every].map { FuzzInput("finetuning.yaml", $0) }
    }

    func read(_ directory: String) throws {
        let configuration = try FineTuningConfiguration.load(
            path: directory + "/finetuning.yaml")
        do {
            let back = try FineTuningConfiguration.parse(configuration.yaml, name: "written")
            try FuzzFault.require(
                back == configuration,
                "the configuration reads back as another:\n\(configuration.yaml)")
        } catch let error as ConfigurationError {
            throw FuzzFault("the configuration does not read back: \(error)")
        }
        try FuzzFault.require(
            configuration.trialCount <= FineTuningConfiguration.maximumTrials,
            "\(configuration.trialCount) trials")
        let keys = configuration.trials.map(\.key)
        try FuzzFault.require(Set(keys).count == keys.count, "two trials have one key")
    }
}
