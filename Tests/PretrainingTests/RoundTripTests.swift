import BERT
import Corpus
import Distributed
import Kernels
import Optimization
import Pretraining
import Runtime
import Tensors
import Testing

/// The resolved dump parses to the same value, for every value.
@Suite struct RoundTripTests {
    private func expectRoundTrip(_ configuration: RunConfiguration) throws {
        let resolved = configuration.resolved()
        let text = resolved.yaml
        #expect(try RunConfiguration.parse(text, name: "config.yaml") == resolved)
        #expect(try RunConfiguration.parse(configuration.yaml, name: "c.yaml") == configuration)
        #expect(resolved.resolved() == resolved)
    }

    @Test func defaults() throws {
        try expectRoundTrip(RunConfiguration())
    }

    @Test(arguments: ModelPreset.allCases)
    func presets(preset: ModelPreset) throws {
        var configuration = RunConfiguration()
        configuration.model.preset = preset
        try expectRoundTrip(configuration)
    }

    @Test(arguments: [
        "plain", "no", "NULL", "~", "1e-4", "0x10", "007", "-", "a: b", "a #b", "#", "{a}",
        "[a, b]",
        "quo\"te", "back\\slash", "it's", " leading", "trailing ", "中文 目录", "emoji 🤗", "é\u{301}",
        "a\u{FEFF}b", "\u{200B}", "&anchor", "*alias", "!tag", "%", "@", "`", "a,b", "?", "? a",
        "<<",
    ])
    func strings(text: String) throws {
        var configuration = RunConfiguration()
        configuration.run.name = text
        configuration.run.directory = "/tmp/" + text
        configuration.modelFiles.vocabulary = text
        configuration.data.train = [text, "other", text + "/x"]
        try expectRoundTrip(configuration)
    }

    @Test(arguments: [
        1e-300, 1e-12, 1e-5, 1e-4, 0.1, 0.30000000000000004, 1, 12345.678, 1e15, 1e16, 1e22, 1e300,
        .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    ])
    func numbers(value: Double) throws {
        var configuration = RunConfiguration()
        configuration.schedule.power = value
        configuration.optimizer.learningRate = min(max(value, 1.2e-38), 3.4e38)
        configuration.precision.lossScale = .fixed(min(max(value, 1e-9), 4_294_967_296))
        configuration.parallel.timeout = value
        try expectRoundTrip(configuration)
    }

    @Test func everyChoiceAndNull() throws {
        var configuration = RunConfiguration()
        configuration.run.seed = .max
        configuration.modelFiles.vocabulary = nil
        configuration.modelFiles.initializeFrom = "Checkpoints/before"
        configuration.model.activation = .geluNew
        configuration.data.format = .nvidiaHDF5
        configuration.samples.order = .sequential
        configuration.optimizer.name = .lamb
        configuration.optimizer.clipNorm = nil
        configuration.schedule.name = .polynomial
        configuration.precision.compute = .bf16
        configuration.parallel.threads = .fixed(7)
        configuration.parallel.wire = .bfloat16
        for unit in MaskingUnit.allCases {
            configuration.samples.masking.unit = unit
            try expectRoundTrip(configuration)
        }
    }

    @Test func phases() throws {
        let text = """
            phases:
              - {}
              - data: {sequence_length: 512, train: [a b, "c"]}
                masking: {max_predictions: 80}
                precision: {loss_scale: {initial: 1024}}
              - precision: {loss_scale: 128}
                optimizer: {clip_norm: null}
            """
        try expectRoundTrip(try RunConfiguration.parse(text, name: "phases.yaml"))
    }

    @Test func theDumpHasEveryKeyInOrder() {
        let lines = RunConfiguration().resolved().yaml.split(separator: "\n")
        let sections = lines.filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
        #expect(
            sections == [
                "run", "model", "data", "masking", "batch", "optimizer", "schedule", "precision",
                "phases", "evaluation", "checkpoint", "parallel",
            ])
        #expect(lines.contains("  hidden_size: 256"))
        #expect(lines.contains("  bias_correction: false"))
        #expect(lines.contains("  learning_rate: 0.0001"))
        #expect(lines.contains("  layer_norm_eps: 1.0e-12"))
        #expect(lines.contains("phases: []"))
    }
}
