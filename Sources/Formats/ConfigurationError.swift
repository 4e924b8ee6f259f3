public import ExitCoding

/// Everything that is wrong with a configuration, found in one pass and reported together.
public struct ConfigurationError: ExitCoded, Equatable, Sendable, CustomStringConvertible {
    /// One thing that is wrong: where it stands and what to do about it.
    public struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// `FILE:LINE`, `--set ARGUMENT`, or just the file's name.
        public let location: String
        /// One sentence: what was found, what is allowed, and a suggestion where there is one.
        public let message: String

        /// `location: message`, or just the message where no place is known.
        public var description: String {
            location.isEmpty ? message : "\(location): \(message)"
        }

        package init(location: String, message: String) {
            self.location = location
            self.message = message
        }
    }

    /// The problems, in the order in which they stand in the file, at least one.
    public let problems: [Problem]

    /// The status of sysexits(3) with which a program ends for this error: `EX_CONFIG` (78), or
    /// `EX_NOINPUT` (66) where there is no such file.
    public let exitCode: Int32

    private static let shownProblems = 50

    /// One line for one problem; a heading and one indented line each for several, of many the first.
    public var description: String {
        if problems.count == 1 { return problems[0].description }
        var lines = problems.prefix(Self.shownProblems).map { "  \($0)" }
        if problems.count > lines.count {
            lines.append("  and \(problems.count - lines.count) more")
        }
        return "\(problems.count) problems in the configuration:\n"
            + lines.joined(separator: "\n")
    }

    package init(problems: [Problem], exitCode: Int32 = ExitStatus.configuration) {
        precondition(!problems.isEmpty, "an error needs a problem")
        self.problems = problems
        self.exitCode = exitCode
    }

    package init(location: String, message: String, exitCode: Int32 = ExitStatus.configuration) {
        self.init(
            problems: [Problem(location: location, message: message)], exitCode: exitCode)
    }
}
