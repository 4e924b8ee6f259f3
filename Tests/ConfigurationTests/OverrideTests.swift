import Configuration
import Testing

/// `--set key.path=value`: laid over the file, with the same checks.
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
        var expected = RunConfiguration.DynamicLossScale()
        expected.initial = 8
        expected.interval = 5
        #expect(read.precision.lossScale == .dynamic(expected))
        let fixed = try parse("precision: {loss_scale: {initial: 8}}", "precision.loss_scale=2")
        #expect(fixed.precision.lossScale == .fixed(2))
        let again = try parse("precision: {loss_scale: 2}", "precision.loss_scale.initial=4")
        expected.interval = 2000
        expected.initial = 4
        #expect(again.precision.lossScale == .dynamic(expected))
        // Null is a value of this key, and nothing for a section.
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
}
