import BERT
import Corpus
import Kernels
import Optimization
import Pretraining
import Runtime
import Testing

/// Values of the wrong type, range or name, and the valid spellings of right ones.
@Suite struct ValueTests {
    @Test(arguments: [
        ("run.seed=-1", "an integer from 0 to 18446744073709551615, found -1"),
        ("run.name=a/b", "a folder's name (no / and at most 200 bytes, not . or ..), found a/b"),
        ("run.name=..", "a folder's name (no / and at most 200 bytes, not . or ..), found .."),
        (
            "run.name=",
            "a folder's name (no / and at most 200 bytes, not . or ..), found nothing (null)"
        ),
        ("run.directory=true", "text, found true"),
        ("run.directory=\"a\\nb\"", "text, found \"a\\nb\""),
        ("data.train={a: b}", "a list of paths, found a mapping of 1 keys"),
        ("data.train=[a, [b]]", "a list of paths, found a list of 2"),
        ("data.sequence_length=4", "an integer from 5 to 65536, found 4"),
        ("data.sequence_length=128.5", "an integer from 5 to 65536, found 128.5"),
        ("data.sequence_length=\"128\"", "an integer from 5 to 65536, found \"128\""),
        ("data.sequence_length=0128", "an integer from 5 to 65536, found 0128"),
        ("data.sequence_length=1_024", "an integer from 5 to 65536, found 1_024"),
        (
            "data.sequence_length=99999999999999999999",
            "an integer from 5 to 65536, found 99999999999999999999"
        ),
        ("data.format=hdf5", "one of corpus, nvidia_hdf5, found hdf5"),
        ("masking.probability=0", "a number above 0 and at most 1, found 0"),
        ("masking.probability=1.01", "a number above 0 and at most 1, found 1.01"),
        ("masking.probability=.nan", "a number above 0 and at most 1, found .nan"),
        ("masking.keep=1.01", "a number from 0 to 1, found 1.01"),
        ("masking.unit=word", "one of token, whole_word, ngram, span, found word"),
        ("batch.global=[1]", "an integer from 1 to 16777216, found a list of 1"),
        ("optimizer.beta1=1", "a number from 0 to 0.9999999, found 1"),
        ("optimizer.epsilon=0", "a number from 1.2e-38 to 3.4e+38, found 0"),
        (
            "optimizer.learning_rate=1e999", "0, or a number from 1.2e-38 to 3.4e+38, found 1e999"
        ),
        ("optimizer.learning_rate=inf", "0, or a number from 1.2e-38 to 3.4e+38, found inf"),
        ("optimizer.learning_rate=fast", "0, or a number from 1.2e-38 to 3.4e+38, found fast"),
        (
            "optimizer.clip_norm=-1",
            "0, or a number from 1.2e-38 to 3.4e+38, or null (off, as 0), found -1"
        ),
        (
            "optimizer.bias_correction=yes",
            "true or false, or null (true for lamb, false for adamw), found yes"
        ),
        ("parallel.overlap=1", "true or false, found 1"),
        ("parallel.threads=0", "auto, or an integer from 1 to 4096, found 0"),
        ("parallel.bucket_megabytes=0", "a number above 0 and at most 4096, found 0"),
        (
            "precision.loss_scale=0",
            "a number from 1e-9 to 4294967296, or a mapping of initial, growth, backoff, interval, "
                + "minimum, hysteresis, or null (the mapping's defaults for fp16, 1 for fp32 and "
                + "bf16), found 0"
        ),
        ("precision.loss_scale.initial=1e10", "a number from 1e-9 to 4294967296, found 1e10"),
        ("precision.loss_scale.minimum=0", "a number from 1e-9 to 4294967296, found 0"),
        ("precision.loss_scale.growth=1e300", "a number from 1 to 65536, found 1e300"),
        ("precision.loss_scale.growth=0.5", "a number from 1 to 65536, found 0.5"),
        ("precision.loss_scale.backoff=1", "a number above 0 and below 1, found 1"),
        (
            "model.vocab_size=0",
            "an integer from 5 to 16777216, or null (the vocabulary's), found 0"
        ),
        ("model.is_decoder=true", "false (nothing else is built), found true"),
        (
            "model.position_embedding_type=relative_key",
            "absolute (nothing else is built), found relative_key"
        ),
    ])
    func aWrongValueSaysWhatIsAllowed(argument: String, message: String) {
        let path = argument.prefix { $0 != "=" }
        let shown = argument.replacing("\n", with: "\\n")
        #expect(
            failure(of: "", overrides: [argument]) == "--set \(shown): \(path) must be \(message)")
    }

    /// The optimizer and the model compute with `Float`, so these would be 0, infinite, 1, or have
    /// lost digits.
    @Test(arguments: [
        ("optimizer.learning_rate", ["1e-50", "1e-39", "1e39", "1e300"]),
        ("optimizer.weight_decay", ["1e-50", "1e39"]),
        ("optimizer.clip_norm", ["1e-50", "1e300"]),
        ("optimizer.epsilon", ["1e-50", "1e-40", "1e39", "1e300", "-1"]),
        ("optimizer.beta1", ["0.99999999999", "1"]),
        ("optimizer.beta2", ["0.99999998", "1.5", "-0.1"]),
        ("model.hidden_dropout_prob", ["0.99999999999"]),
        ("model.attention_probs_dropout_prob", ["0.99999999999"]),
        ("model.classifier_dropout", ["0.99999999999"]),
        ("model.layer_norm_eps", ["1e-50", "1e-40", "1e39", "0"]),
        ("model.initializer_range", ["1e-50", "1e39", "1e30", "0"]),
    ])
    func numbersAreCheckedInTheTypeThatIsUsed(path: String, values: [String]) {
        for value in values {
            let parts = path.split(separator: ".")
            let messages = [
                failure(of: "", overrides: ["\(path)=\(value)"]),
                failure(of: "\(parts[0]):\n  \(parts[1]): \(value)\n"),
            ]
            for (message, place) in zip(messages, ["--set \(path)=\(value): ", "run.yaml:2: "]) {
                #expect(message.hasPrefix("\(place)\(path) must be "), "\(message)")
                #expect(message.hasSuffix("found \(value)"), "\(message)")
            }
        }
    }

    /// Limits of the ranges stated in messages and documents.
    @Test(arguments: [
        "optimizer.learning_rate=1.2e-38", "optimizer.learning_rate=3.4e38",
        "optimizer.learning_rate=0", "optimizer.weight_decay=0", "optimizer.clip_norm=0",
        "optimizer.epsilon=1.2e-38", "optimizer.beta2=0.9999999", "optimizer.beta1=0",
        "model.hidden_dropout_prob=0.9999999", "model.layer_norm_eps=3.4e38",
        "model.initializer_range=1000000",
    ])
    func theEndsOfRangesAreAllowed(argument: String) throws {
        _ = try RunConfiguration.load(path: nil, overrides: [argument])
    }

    @Test func aNearMissOfANameIsSuggested() {
        #expect(
            failure(of: "schedule:\n  name: linaer")
                == "run.yaml:2: schedule.name must be one of linear, polynomial, constant, "
                + "found linaer; did you mean linear?")
        #expect(failure(of: "model: {preset: bert_base}").hasSuffix("did you mean bert-base?"))
    }

    @Test(arguments: [
        ("batch: 3", "run.yaml:1: batch must be a mapping of keys, found 3"),
        ("[]", "run.yaml:1: a configuration is a mapping of sections, found a list of 0"),
        (
            "phases: {}",
            "run.yaml:1: phases must be a list of at most 64 mappings, found a mapping of 0 keys"
        ),
        ("phases:\n- 3", "run.yaml:2: phases[0] must be a mapping of sections, found 3"),
        (
            "phases: [{model: {preset: bert-base}}]",
            "run.yaml:1: phases[0].model: a phase cannot change model, which is the same for the whole run"
        ),
        (
            "phases:\n- batch: {global: 0}",
            "run.yaml:2: phases[0].batch.global must be an integer from 1 to 16777216, found 0"
        ),
    ])
    func sectionsAndPhasesHaveTheirShape(text: String, message: String) {
        #expect(failure(of: text) == message)
    }

    @Test func numbersAreReadInEveryUsualForm() throws {
        for text in ["1e-4", "1E-4", "0.0001", ".0001", "1.0e-04", "+1e-4"] {
            let read = try RunConfiguration.load(
                path: nil, overrides: ["optimizer.learning_rate=\(text)"])
            #expect(read.optimizer.learningRate == 1e-4, "\(text)")
        }
        for text in ["1000000", "1e6", "1.0e6", "+1000000"] {
            let read = try RunConfiguration.load(
                path: nil, overrides: ["schedule.total_steps=\(text)"])
            #expect(read.schedule.totalSteps == 1_000_000, "\(text)")
        }
        let seed = try RunConfiguration.load(
            path: nil, overrides: ["run.seed=18446744073709551615"])
        #expect(seed.run.seed == .max)
    }

    @Test func listsNullsAndAlternatives() throws {
        let read = try RunConfiguration.parse(
            """
            data:
              train: one/path
              heldout: [a, "b c", 3]
            model: {vocabulary: null, hidden_act: gelu_new, model_type: bert}
            optimizer: {clip_norm: null}
            precision: {loss_scale: 1024}
            parallel: {threads: 4}
            """, name: "run.yaml")
        #expect(read.data.train == ["one/path"])
        #expect(read.data.heldout == ["a", "b c", "3"])
        #expect(read.modelFiles.vocabulary == nil && read.model.activation == .geluNew)
        #expect(read.optimizer.clippingNorm == nil)
        #expect(read.precision.lossScale == .fixed(1024))
        #expect(read.parallel.threads == .fixed(4))
        let zero = try RunConfiguration.load(path: nil, overrides: ["optimizer.clip_norm=0"])
        #expect(zero.optimizer.clippingNorm == nil)
    }

    @Test func aPresetIsTheBaseOfTheOtherKeys() throws {
        let read = try RunConfiguration.parse(
            "model: {num_hidden_layers: 6, preset: bert-base, hidden_dropout_prob: 0}", name: "x")
        #expect(read.architecture.hiddenSize == 768)
        #expect(read.architecture.layers == 6)
        #expect(read.architecture.hiddenDropout == 0)
    }
}
