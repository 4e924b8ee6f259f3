import ArgumentParser
import Pretraining
import Reporting

/// `bert-train keys`.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Lists the keys of a pre-training configuration: defaults and allowed values.")

    @Argument(help: "Only keys whose path contains this, such as optimizer.")
    var part: String?

    func run() throws {
        let keys = RunConfiguration.keys.filter { part.map($0.path.contains) ?? true }
        guard !keys.isEmpty else {
            throw ValidationError("no key contains '\(part ?? "")'; bert-train keys lists all")
        }
        let console = ConsoleReporter()
        for key in keys {
            console.note("\(key.path): \(key.defaultValue)")
            console.note("    \(Self.plain(key.meaning))")
            console.note("    allowed: \(key.expectation)")
        }
    }

    /// Text without the links of Markdown: "([training.md](training.md))" becomes "(docs/training.md)".
    private static func plain(_ text: String) -> String {
        text.replacing(/\[([a-z]+\.md)\]\([a-z.]+\)/) { "docs/\($0.output.1)" }
            .replacing("`", with: "")
    }
}
