public import ExitCoding

/// All problems of a configuration, found in one pass and reported together.
public struct ConfigurationError: ExitCoded, Equatable, Sendable, CustomStringConvertible {
    /// One problem: its location and what to do about it.
    public struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// `FILE:LINE`, `--set ARGUMENT`, or just the file's name.
        public let location: String
        /// One sentence: what was found, what is allowed, and a suggestion if there is one.
        public let message: String

        /// `location: message`, or just the message if the location is unknown.
        public var description: String {
            location.isEmpty ? message : "\(location): \(message)"
        }

        package init(location: String, message: String) {
            self.location = location
            self.message = message
        }
    }

    /// Problems in the order of the file, at least one.
    public let problems: [Problem]

    /// Exit status of sysexits(3): `EX_CONFIG` (78), or `EX_NOINPUT` (66) if there is no such file.
    public let exitCode: Int32

    private static let shownProblems = 50

    /// One line for one problem; for several, a heading and an indented line for each, limited to
    /// the first ones.
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
