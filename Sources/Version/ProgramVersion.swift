import CBuild
import FileNames

/// The version of the programs, and what `--version` says of them.
public enum ProgramVersion {
    /// The version.
    public static let number = "0.1.0"

    /// The commit that the program was built from; "unknown" where the build does not know it.
    public static var commit: String { String(cString: bert_commit()) }

    /// Whether the command line asks for the version: no other command needs to ask the libraries for theirs.
    public static var isAskedFor: Bool { CommandLineArguments.afterProgram.contains("--version") }

    /// The text of `--version`, with one line for each of `libraries`.
    public static func text(
        of program: String, libraries: [(name: String, version: String)]
    ) -> String {
        let width = libraries.map(\.name.count).max() ?? 0
        let lines = libraries.map { library in
            let gap = String(repeating: " ", count: width - library.name.count + 2)
            return library.name + gap + library.version
        }
        return (["\(program) \(number) (commit \(commit))"] + lines).joined(separator: "\n")
    }
}
