import Glibc
public import OperatingSystem

/// Console output of a fan-out. On a terminal, one line per running trial is redrawn below the
/// lines of ended trials; otherwise, lines report starts and ends, and periodically the running
/// trials.
///
/// For rank 0 only, and for one thread.
public final class FanOutView {
    /// Number of trials by state.
    public struct Counts: Equatable, Sendable {
        /// Not dealt, or waiting for a retry.
        public var waiting = 0
        /// Dealt to a group of ranks.
        public var running = 0
        /// Finished.
        public var done = 0
        /// Failed permanently.
        public var failed = 0

        /// No trials.
        public init() {}
    }

    /// A running trial.
    public struct Running: Equatable, Sendable {
        /// Its name.
        public var name: String
        /// Completed fraction, from 0 to 1.
        public var fraction: Double
        /// The loss and the best score so far, as text.
        public var status: String

        /// A trial.
        public init(name: String, fraction: Double, status: String) {
            self.name = name
            self.fraction = fraction
            self.status = status
        }
    }

    private let output: any ConsoleOutput
    private let redraws: Bool
    private let now: () -> Double
    private var drawnLines = 0
    private var drawnAt = -Double.infinity

    private var loggedAt: Double

    private static let redrawSeconds = 0.2
    private static let logSeconds = 30.0
    private static let cells = 20
    private static let mostLines = 16

    /// Starts with nothing shown; see `ConsoleReporter` for the parameters.
    public init(
        output: any ConsoleOutput = StandardOutput(),
        environment: (String) -> String? = ConsoleReporter.environmentVariable,
        now: @escaping () -> Double = { MonotonicClock.seconds }
    ) {
        self.output = output
        self.now = now
        let kind = environment("TERM") ?? ""
        redraws = output.isTerminal && kind != "dumb" && !kind.isEmpty
        loggedAt = now()
    }

    /// Prints permanent lines, above the redrawn ones.
    public func note(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        output.write(erasure() + lines.map { TextWidth.printable("\($0)") + "\n" }.joined())
        drawnLines = 0
        drawnAt = -Double.infinity
    }

    /// Prints names and values in two columns.
    public func banner(_ items: [(String, String)]) {
        note(TextTable.pairs(items).joined(separator: "\n"))
    }

    /// Prints a line unless lines are redrawn, because a terminal shows it already.
    public func log(_ text: String) {
        if !redraws { note(text) }
    }

    /// Shows the running trials, if due, which is every half minute without a terminal; `content`
    /// is only called then.
    public func show(_ content: () -> (counts: Counts, running: [Running])) {
        guard redraws else { return logProgress(content) }
        guard now() - drawnAt >= Self.redrawSeconds else { return }
        let (counts, running) = content()
        let width = max(1, output.columns - 1)
        // Lines that scroll off the screen cannot be redrawn. Two lines follow these, and the
        // cursor's.
        let most = max(0, min(Self.mostLines, output.lines - 3))
        var lines = running.prefix(most).map { line($0) }
        if running.count > most { lines.append("... \(running.count) in all") }
        lines.append(line(counts))
        let text = lines.map { TextWidth.cut(TextWidth.printable($0), columns: width) }
        output.write(erasure() + text.joined(separator: "\n") + "\n")
        drawnLines = text.count
        drawnAt = now()
    }

    /// Removes the redrawn lines.
    public func finish() {
        output.write(erasure())
        drawnLines = 0
    }

    private func logProgress(_ content: () -> (counts: Counts, running: [Running])) {
        guard now() - loggedAt >= Self.logSeconds else { return }
        loggedAt = now()
        let (counts, running) = content()
        var lines = running.prefix(Self.mostLines).map { trial in
            "at \(TextWidth.padded("\(percent(trial))%", 4, right: true))  \(trial.name)  \(trial.status)"
        }
        lines.append(line(counts))
        note(lines.joined(separator: "\n"))
    }

    private func line(_ counts: Counts) -> String {
        "\(counts.waiting) waiting, \(counts.running) running, \(counts.done) done, "
            + "\(counts.failed) failed"
    }

    private func percent(_ trial: Running) -> Int { Int(min(1, max(0, trial.fraction)) * 100) }

    private func line(_ trial: Running) -> String {
        let part = min(1, max(0, trial.fraction))
        let full = Int(part * Double(Self.cells))
        let bar =
            String(repeating: "=", count: full)
            + String(repeating: " ", count: Self.cells - full)
        let percent = TextWidth.padded("\(percent(trial))%", 4, right: true)
        return "[\(bar)] \(percent)  \(trial.name)  \(trial.status)"
    }

    /// Moves to the first line drawn, and erases everything below.
    private func erasure() -> String {
        drawnLines > 0 ? "\u{1B}[\(drawnLines)A\r\u{1B}[J" : ""
    }
}
