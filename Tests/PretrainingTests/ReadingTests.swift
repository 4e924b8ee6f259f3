import BERT
import Corpus
import Formats
import Optimization
import Pretraining
import Testing

/// Reading the valid part of a configuration, so that a check continues with the files it names.
struct ReadingTests {
    private func read(
        _ text: String, _ overrides: [String] = []
    ) throws -> ConfigurationReading<RunConfiguration> {
        try RunConfiguration.read(text, name: "f.yaml", overrides: overrides)
    }

    private func messages(_ reading: ConfigurationReading<RunConfiguration>) -> [String] {
        reading.problems.map(\.description)
    }

    @Test("valid values are kept next to invalid ones")
    func keeps() throws {
        let reading = try read(
            """
            data: {train: [a], sequence_length: short}
            batch: {global: 64}
            optimizer: {lr: 1}
            """)
        #expect(messages(reading).count == 2)
        #expect(reading.settings.data.train == ["a"] && reading.settings.batch.global == 64)
        for path in ["data.sequence_length", "data", "optimizer.learning_rate", "optimizer"] {
            #expect(reading.unread.affect(path), "\(path)")
        }
        for path in ["data.train", "batch", "optimizer.name", "phases"] {
            #expect(!reading.unread.affect(path), "\(path)")
        }
        #expect(throws: ConfigurationError.self) { try reading.get() }
    }

    @Test("a sound configuration has no unread keys")
    func sound() throws {
        let reading = try read("batch: {global: 64}")
        #expect(reading.unread.isEmpty && reading.problems.isEmpty)
        #expect(try reading.get() == reading.settings)
    }

    @Test(
        "inconsistent keys are reported with unreadable ones, unless possibly a consequence"
    )
    func inconsistencies() throws {
        let both = messages(try read("batch: {global: 2, micro: 4}\nmodel: {hiden_size: 3}"))
        #expect(both.count == 2, "\(both)")
        #expect(both.contains { $0.contains("batch.micro (4) is more than batch.global (2)") })
        let one = messages(try read("batch: {global: two, micro: 100}"))
        #expect(one.count == 1, "\(one)")
        // An inconsistency also makes its section unknown, because no check may rely on it.
        #expect(try read("batch: {global: 2, micro: 4}").unread.affect("batch"))
    }

    @Test("a consequence of an unknown key of the run is not reported for its phases")
    func phasesOfAnUnsoundRun() throws {
        let found = messages(
            try read(
                "batch: {globl: 1024, micro: 512}\nphases: [{schedule: {total_steps: 200}}, {}]"))
        #expect(found.count == 1 && found[0].contains("did you mean batch.global?"), "\(found)")
    }

    @Test("the keys of a phase that are right stay, too")
    func phases() throws {
        let reading = try read(
            """
            batch: {global: 8, micro: 8}
            phases:
              - {data: {train: [a], sequence_length: x}, batch: {micro: 4}}
              - {data: {train: [b]}, batch: {micro: 16}}
            """)
        #expect(messages(reading).count == 2, "\(messages(reading))")
        #expect(
            messages(reading).contains { $0.contains("phases[1].batch.micro (16) is more than") })
        let phases = reading.settings.resolvedPhases
        #expect(phases.map(\.data.train) == [["a"], ["b"]])
        #expect(phases.map(\.batch.micro) == [4, 16])
        #expect(reading.unread.affect("phases") && !reading.unread.affect("batch"))
        #expect(reading.unread.affect("phases[0].data") && !reading.unread.affect("phases[1].data"))
    }

    @Test("an argument that cannot be read leaves out the key that it was to replace")
    func arguments() throws {
        let text = "data: {train: [a], heldout: [b]}\nphases: [{batch: {micro: 2}}]"
        let reading = try read(
            text, ["data.train=[", "batch.global", "phases.0.batch.micro=[", "evaluation.every=1"])
        #expect(messages(reading).count == 4, "\(messages(reading))")
        #expect(reading.settings.data.train.isEmpty && reading.settings.data.heldout == ["b"])
        #expect(reading.settings.resolvedPhases[0].batch.micro == RunConfiguration().batch.micro)
        for path in ["data.train", "batch.global", "phases[0].batch.micro"] {
            #expect(reading.unread.affect(path), "\(path)")
        }
        // One without a key could apply to any.
        #expect(try read("", ["=5"]).unread.affect("model.hidden_size"))
    }

    @Test("arguments without effect are reported together with other problems")
    func ineffective() throws {
        let found = messages(
            try read(
                "model: {hiden_size: 3}\nschedule: {name: linear}", ["schedule.power=2"]))
        #expect(found.contains { $0.contains("schedule.power would have no effect") }, "\(found)")
        #expect(found.count == 2, "\(found)")
    }

    @Test("of a file that is not YAML the arguments are still looked at")
    func notYAML() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try read("batch: [", ["batch.global", "phases.3.batch.global=5"])
        }
        #expect(error?.problems.count == 2, "\(String(describing: error))")
        #expect(error?.problems.last?.message.contains("there is no =") == true)
    }
}
