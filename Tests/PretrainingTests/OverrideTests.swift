import BERT
import Corpus
import Formats
import Optimization
import Pretraining
import TemporaryDirectories
import Testing

/// `--set key.path=value`: overrides the file, with the same checks.
@Suite struct OverrideTests {
    private func parse(_ text: String, _ overrides: String...) throws -> RunConfiguration {
        try RunConfiguration.parse(text, name: "run.yaml", overrides: overrides)
    }

    @Test func theLastOneWins() throws {
        let read = try parse(
            "batch: {global: 8, micro: 4}", "batch.global=16", "batch.global=32", "run.name=x=y")
        #expect(read.batch.global == 32 && read.batch.micro == 4)
        #expect(read.run.name == "x=y")
    }

    @Test func mappingsAreMergedAndTheRestIsReplaced() throws {
        let read = try parse(
            "optimizer: {name: lamb, beta1: 0.5}\ndata: {train: [a, b]}",
            "optimizer={beta2: 0.7}", "data.train=[c]")
        #expect(read.optimizer.name == .lamb)
        #expect(read.optimizer.beta1 == 0.5 && read.optimizer.beta2 == 0.7)
        #expect(read.data.train == ["c"])
    }

    @Test func keysOfTheLossScaleAreReached() throws {
        let read = try parse(
            "precision: {loss_scale: {initial: 8}}", "precision.loss_scale.interval=5")
        var expected = LossScaler.Dynamic()
        expected.initial = 8
        expected.interval = 5
        #expect(read.precision.lossScale == .dynamic(expected))
        let fixed = try parse("precision: {loss_scale: {initial: 8}}", "precision.loss_scale=2")
        #expect(fixed.precision.lossScale == .fixed(2))
        let again = try parse("precision: {loss_scale: 2}", "precision.loss_scale.initial=4")
        expected.interval = 2000
        expected.initial = 4
        #expect(again.precision.lossScale == .dynamic(expected))
        // Null is a value of this key, but sets nothing for a section.
        for text in ["{initial: 8}", "2"] {
            let none = try parse("precision: {loss_scale: \(text)}", "precision.loss_scale=null")
            #expect(none.precision.lossScale == nil)
        }
        let kept = try parse("precision: {loss_scale: {initial: 4}}", "precision=null")
        #expect(kept.precision.lossScale == .dynamic(expected))
        let phase = try RunConfiguration.parse(
            "precision: {loss_scale: {initial: 8}}\nphases: [{precision: {loss_scale: null}}]",
            name: "run.yaml")
        #expect(phase.resolvedPhases[0].precision.lossScale == nil)
    }

    @Test func phasesAreReplacedOrReachedByIndex() throws {
        let list = try parse(
            "phases: [{}]", "phases=[{batch: {global: 32}}, {batch: {global: 64}}]")
        #expect(list.resolvedPhases.map(\.batch.global) == [32, 64])
        let one = try parse(
            "phases: [{batch: {global: 32}}, {batch: {global: 64}}]", "phases.1.batch.global=99",
            "phases.0.schedule={total_steps: 5, warmup_steps: 0}")
        #expect(one.resolvedPhases.map(\.batch.global) == [32, 99])
        #expect(one.resolvedPhases.map(\.schedule.totalSteps) == [5, 1000])
        #expect(one.totalSteps == 1005)
    }

    @Test(arguments: [
        ("batch.global", "there is no =; write key.path=value, such as batch.global=64"),
        ("=3", "\"\" is not a key path; write key.path=value, such as batch.global=64"),
        (
            "batch..global=3",
            "\"batch..global\" is not a key path; write key.path=value, such as batch.global=64"
        ),
        (
            "a.b.c.d.e.f.g.h.i=3",
            "\"a.b.c.d.e.f.g.h.i\" is not a key path; write key.path=value, such as batch.global=64"
        ),
        ("batch.globl=3", "unknown key batch.globl; did you mean batch.global?"),
        ("lr=3", "unknown key lr; did you mean optimizer.learning_rate?"),
        ("batch.global=[", "not YAML: did not find expected node content"),
        ("batch.global=8: 9: 1", "not YAML: mapping values are not allowed in this context"),
        (
            "phases.0.batch.global=3",
            "phases must be a list of at most 64 mappings, found a mapping of 1 keys"
        ),
    ])
    func errorsNameTheArgument(argument: String, message: String) {
        #expect(failure(of: "", overrides: [argument]) == "--set \(argument): \(message)")
    }

    @Test func anIndexMustExist() {
        #expect(
            failure(of: "phases: [{}]", overrides: ["phases.1.batch.global=3"])
                == "--set phases.1.batch.global=3: 1 is not an index into the list of 1; "
                + "the first is 0")
    }

    @Test func aPresetTakesThePlaceOfTheSizesOfTheFile() throws {
        let file =
            "model: {preset: bert-tiny, hidden_size: 192, num_attention_heads: 3, "
            + "num_hidden_layers: 3, intermediate_size: 768, max_position_embeddings: 128}"
        let read = try parse(file, "model.preset=bert-small")
        #expect(read.architecture.hiddenSize == 512)
        #expect(read.architecture.layers == 4)
        #expect(read.architecture.heads == 8)
        #expect(read.architecture.intermediateSize == 2048)
        #expect(read.architecture.maximumPositions == 128)
        for arguments in [
            ["model.num_hidden_layers=7", "model.preset=bert-small"],
            ["model={preset: bert-small, num_hidden_layers: 7}"],
        ] {
            let both = try RunConfiguration.parse(file, name: "run.yaml", overrides: arguments)
            #expect(both.architecture.layers == 7)
            #expect(both.architecture.hiddenSize == 512)
        }
        #expect(try parse(file).architecture.hiddenSize == 192)
    }

    @Test(arguments: [
        (
            "model: {initialize_from: x}", "model.preset=bert-base",
            "model.initialize_from (x) brings"
        ),
        ("", "schedule.power=2", "schedule.name is linear, and only polynomial has a power"),
        (
            "data: {format: nvidia_hdf5}", "masking.unit=span",
            "files of data.format nvidia_hdf5 bring their own masks"
        ),
        (
            "phases: [{batch: {global: 32}}, {batch: {global: 64}}]", "batch.global=99",
            "every phase gives its own; set phases.0.batch.global and so on"
        ),
        (
            "phases: [{batch: {global: 32}}]", "batch={global: 99}",
            "every phase gives its own; set phases.0.batch.global"
        ),
    ])
    func argumentsWithoutEffectAreRefused(text: String, argument: String, reason: String) {
        let message = failure(of: text, overrides: [argument])
        let path = argument.hasPrefix("batch") ? "batch.global" : argument.prefix { $0 != "=" }
        #expect(
            message.hasPrefix("--set \(argument): \(path) would have no effect: \(reason)"),
            "\(message)")
    }

    @Test func argumentsWithAnEffectPass() throws {
        let some = try parse("phases: [{batch: {global: 32}}, {}]", "batch.global=99")
        #expect(some.resolvedPhases.map(\.batch.global) == [32, 99])
        _ = try parse("schedule: {name: polynomial}", "schedule.power=2")
        _ = try parse("", "schedule={name: polynomial, power: 2}")
    }

    @Test func aRunWithoutANameIsCalledAsItsFile() throws {
        let scratch = TemporaryDirectory()
        for (name, text, expected) in [
            ("my.run.yaml", "", "my.run"), ("plain", "run: {seed: 3}", "plain"),
            ("other.yaml", "run: {name: given}", "given"), (".yaml", "run: {name: x}", "x"),
            // 66 characters that are no UTF-8: 66 bytes, though each takes four as an escape.
            (
                String(repeating: "\u{10F7E9}", count: 66) + ".yaml", "",
                String(repeating: "\u{10F7E9}", count: 66)
            ),
        ] {
            let path = try scratch.write(name, text)
            #expect(try RunConfiguration.load(path: path).run.name == expected)
        }
        let path = try scratch.write("own.yaml", "")
        let named = try RunConfiguration.load(path: path, overrides: ["run.name=said"])
        #expect(named.run.name == "said")
        for name in [".yaml", String(repeating: "n", count: 201) + ".yaml"] {
            let path = try scratch.write(name, "")
            let error = #expect(throws: ConfigurationError.self) {
                try RunConfiguration.load(path: path)
            }
            #expect(error?.description.contains("set run.name") == true)
            #expect(
                try RunConfiguration.load(path: path, overrides: ["run.name=y"]).run.name == "y")
        }
    }
}
