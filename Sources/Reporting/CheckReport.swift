import ExitCoding

/// Findings of a check before a run starts: problems that would end it, warnings, and its numbers.
public struct CheckReport: Sendable {
    /// A problem that would end the run.
    public struct Problem: Sendable, Equatable {
        /// The fault, its location and cause, and how to fix it.
        public let message: String
        /// Exit status of a run that ends because of it.
        public let exitCode: Int32

        /// A problem that ends a run with `exitCode`.
        public init(_ message: String, exitCode: Int32) {
            self.message = message
            self.exitCode = exitCode
        }
    }

    /// Problems that would end the run, in the order in which they were found, without duplicates.
    public private(set) var problems: [Problem] = []
    /// Warnings that do not prevent the run from starting.
    public private(set) var warnings: [String] = []
    private var lines: [(String, String)] = []
    private var members: [JSONValue.Member] = []

    /// An empty report.
    public init() {}

    /// Status of the first problem; 0 if there is none.
    public var exitCode: Int32 { problems.first?.exitCode ?? 0 }

    /// Adds a problem, unless it is already known.
    public mutating func add(_ problem: Problem) {
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// Adds `problems` that are not yet known.
    public mutating func add(_ problems: some Sequence<Problem>) {
        for problem in problems { add(problem) }
    }

    /// Adds a warning.
    public mutating func warn(_ text: String) { warnings.append(text) }

    /// Adds a line of the summary.
    public mutating func line(_ title: String, _ text: String) { lines.append((title, text)) }

    /// Adds a number to the JSON object.
    public mutating func set(_ key: String, _ value: Int) {
        members.append(.init(key: key, value: .integer(value)))
    }

    /// Adds a number to the JSON object.
    public mutating func set(_ key: String, _ value: Double) {
        members.append(.init(key: key, value: .number(value)))
    }

    /// Adds a text to the JSON object.
    public mutating func set(_ key: String, _ value: String) {
        members.append(.init(key: key, value: .text(value)))
    }

    /// Adds a list of objects to the JSON object, each with the members that `describe` adds to an empty report.
    public mutating func set<Item>(
        _ key: String, _ items: [Item], _ describe: (Item, inout CheckReport) -> Void
    ) {
        let objects = items.map { item in
            var inner = CheckReport()
            describe(item, &inner)
            return JSONValue.object(inner.members)
        }
        members.append(.init(key: key, value: .array(objects)))
    }

    /// One JSON object: problems, warnings, and all known numbers.
    public var json: String {
        let found = problems.map { problem in
            JSONValue.object([
                .init(key: "message", value: .text(problem.message)),
                .init(key: "exit_status", value: .integer(Int(problem.exitCode))),
            ])
        }
        let head: [JSONValue.Member] = [
            .init(key: "exit_status", value: .integer(Int(exitCode))),
            .init(key: "problems", value: .array(found)),
            .init(key: "warnings", value: .array(warnings.map { .text($0) })),
        ]
        return JSONValue.object(head + members).page() + "\n"
    }

    /// Prints the summary, warnings and problems.
    public func print(on console: ConsoleReporter) {
        if !lines.isEmpty { console.banner(lines) }
        for warning in warnings { console.warning(warning) }
        if problems.isEmpty {
            console.note("no problems found")
        } else {
            console.note("\(counted(problems.count, "problem")):")
            for problem in problems {
                for line in problem.message.split(separator: "\n") { console.note("  \(line)") }
            }
        }
    }
}
