import FineTuning
import Formats
import TemporaryDirectories
import Testing

/// The YAML file of a fan-out, with `--set`.
@Suite struct ConfigurationFileTests {
    private func load(
        _ text: String, _ overrides: [String] = []
    ) throws -> FineTuningConfiguration {
        let folder = TemporaryDirectory()
        let path = try folder.write("fan-out.yaml", text)
        return try FineTuningConfiguration.load(path: path, overrides: overrides)
    }

    private let text = """
        name: zh            # a comment
        checkpoints: [runs/base, {path: runs/base, from_scratch: true}]
        tasks:
          - {name: nli, train: a.tsv, evaluate: b.tsv, labels: [0, "1", no], metric: null}
        seeds: [1, 2]
        """

    @Test func yamlIsRead() throws {
        let read = try load(text)
        #expect(read.name == "zh" && read.checkpoints.map(\.fromScratch) == [false, true])
        #expect(read.tasks[0].labels == ["0", "1", "no"] && read.tasks[0].metric == nil)
    }

    @Test func argumentsAreLaidOver() throws {
        let read = try load(
            text,
            [
                "seeds=[5]", "tasks.0.batch_size=4", "early_stopping.patience=3",
                "learning_rates=1e-4",
            ])
        #expect(read.seeds == [5] && read.tasks[0].batchSize == 4)
        #expect(read.earlyStopping.patience == 3 && read.learningRates == [1e-4])
    }

    @Test func problemsNameTheirPlace() throws {
        func problems(_ text: String, _ overrides: [String] = []) -> String {
            "\(#expect(throws: ConfigurationError.self) { _ = try load(text, overrides) } as Any)"
        }
        #expect(problems(text + "\nsedes: [1]").contains(":6: unknown key sedes; did you mean"))
        #expect(problems(text, ["batch=3"]).contains("--set batch=3"))
        #expect(problems(text, ["tasks.7.name=x"]).contains("not an index"))
        #expect(problems("- 1").contains("is a mapping of sections"))
        let missing = #expect(throws: ConfigurationError.self) {
            _ = try FineTuningConfiguration.load(path: "/absent.yaml")
        }
        #expect(missing?.exitCode == 66)
    }
}

/// The examples in `Configs/finetuning`.
@Suite struct ExampleFileTests {
    @Test func theChainIsRead() throws {
        let read = try FineTuningConfiguration.load(
            path: packageRoot + "/Configs/finetuning/chain.yaml")
        #expect(read.checkpoints.map(\.name) == ["scratch", "general", "field", "task"])
        #expect(read.trialCount == 24)
    }

    @Test func theTopicsAreRead() throws {
        let read = try FineTuningConfiguration.load(
            path: packageRoot + "/Configs/finetuning/topics.yaml")
        #expect(read.checkpoints.map(\.name) == ["mine", "scratch"])
        #expect(read.tasks.map(\.name) == ["topic"])
    }
}
