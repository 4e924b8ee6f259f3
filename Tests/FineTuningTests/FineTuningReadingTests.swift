import FineTuning
import Formats
import Testing

/// Reading the valid part of a fine-tuning file, so that a check continues with the files it names.
struct FineTuningReadingTests {
    private func read(
        _ text: String, _ overrides: [String] = []
    ) throws -> ConfigurationReading<FineTuningConfiguration> {
        try FineTuningConfiguration.read(text, name: "f.yaml", overrides: overrides)
    }

    @Test("valid values are kept next to invalid ones, and no consequence is reported")
    func keeps() throws {
        let reading = try read(
            """
            checkpoints: [{path: m, from_scratch: perhaps}, n]
            tasks:
              - {name: a, trian: a.tsv, evaluate: b.tsv, lables: [x]}
              - {name: b, train: c.tsv, evaluate: d.tsv, metric: f1, labels: [x, y, z]}
            seeds: [one]
            """)
        let messages = reading.problems.map(\.message)
        // Does not report that tasks[0].train is missing.
        #expect(messages.count == 5, "\(messages)")
        #expect(messages.contains { $0.hasPrefix("tasks[1].metric: f1 is that of class 1 of two") })
        #expect(reading.settings.tasks.map(\.evaluate) == ["b.tsv", "d.tsv"])
        for path in ["tasks[0].train", "tasks[0]", "tasks[1].metric", "checkpoints[0]", "seeds"] {
            #expect(reading.unread.affect(path), "\(path)")
        }
        for path in ["tasks[0].evaluate", "tasks[1].train", "checkpoints[1]", "sequence_length"] {
            #expect(!reading.unread.affect(path), "\(path)")
        }
    }

    @Test("checks that depend on some keys of a task do not wait for others")
    func beside() throws {
        let reading = try read(
            """
            checkpoints: [m]
            tasks:
              - {name: a, train: a.tsv, evaluate: b.tsv}
              - {name: a, train: c.tsv, evaluate: d.tsv, epochs: [x]}
            """)
        #expect(reading.problems.count == 2, "\(reading.problems)")
        #expect(!reading.unread.affect("tasks[1]", beside: ["name", "epochs"]))
        #expect(reading.unread.affect("tasks[1]", beside: ["name"]))
        #expect(!reading.unread.affect("tasks[0]", beside: []))
    }

    @Test("an argument that cannot be read leaves out the key that it was to replace")
    func arguments() throws {
        let reading = try read(
            "checkpoints: [m]\ntasks: [{name: a, train: a.tsv, evaluate: b.tsv}]",
            ["tasks.0.train=[", "epochs"])
        #expect(reading.problems.count == 2, "\(reading.problems)")
        #expect(reading.settings.tasks[0].train.isEmpty)
        #expect(reading.unread.affect("tasks[0].train") && reading.unread.affect("epochs"))
    }
}
