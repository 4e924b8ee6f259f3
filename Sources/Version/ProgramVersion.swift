import CBuild
import FileNames

/// Version of the programs, and the output of `--version`.
public enum ProgramVersion {
    /// Version number.
    public static let number = "0.1.0"

    /// Commit from which the program was built; "unknown" if the build does not know it.
    public static var commit: String { String(cString: bert_commit()) }

    /// Whether the command line requests the version; other commands need not query the libraries'
    /// versions.
    public static var isAskedFor: Bool { CommandLineArguments.afterProgram.contains("--version") }

    /// Returns the text of `--version`, with one line for each of `libraries`.
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
