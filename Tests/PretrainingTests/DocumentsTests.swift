import Formats
import FoundationEssentials
import Pretraining
import Testing

/// Consistency of the documents and the example runs with the code.
@Suite struct DocumentsTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        let data = try Data(contentsOf: root.appending(path: path))
        return try #require(String(validating: data, as: UTF8.self))
    }

    /// Rows of `docs/configuration.md`, each with the section of the preceding heading.
    @Test func theManualHasEveryKeyWithItsDefaultAndWhatIsAllowed() throws {
        var section = ""
        var rows: [String: String] = [:]
        for line in try Self.text("docs/configuration.md").split(separator: "\n") {
            if line.hasPrefix("## `") { section = String(line.dropFirst(4).prefix { $0 != "`" }) }
            if line.hasPrefix("| `") {
                rows["\(section).\(line.dropFirst(3).prefix { $0 != "`" })"] = String(line)
            }
        }
        for key in RunConfiguration.keys {
            let found = rows.removeValue(forKey: key.path)
            let row = try #require(found, "\(key.path) has no row")
            let name = key.path.split(separator: ".").dropFirst().joined(separator: ".")
            #expect(
                row == "| `\(name)` | `\(key.defaultValue)` | \(key.expectation) | \(key.meaning) |"
            )
            #expect(key.meaning.count > 5, "\(key.path) has no meaning")
        }
        #expect(rows.isEmpty, "rows of keys that do not exist")
    }

    private static let runs =
        ((try? FileManager.default.contentsOfDirectory(
            atPath: root.appending(path: "Configs").path)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.sorted()

    @Test func thereAreExampleRuns() {
        #expect(Self.runs.count >= 4)
    }

    @Test(arguments: runs)
    func everyExampleRunIsRead(name: String) throws {
        let path = Self.root.appending(path: "Configs/\(name)").path
        let configuration = try RunConfiguration.load(path: path)
        try configuration.validate(ranks: 2)
        #expect(configuration.run.name == name.dropLast(5), "a run is named as its file")
    }

    /// The manual's own YAML can be pasted.
    @Test func theExampleOfTheManualIsRead() throws {
        let blocks = try Self.text("docs/configuration.md").components(separatedBy: "```")
        let examples = blocks.filter { $0.hasPrefix("yaml\n") }
        #expect(!examples.isEmpty)
        for example in examples {
            _ = try RunConfiguration.parse(String(example.dropFirst(5)), name: "manual")
        }
    }
}
