public import DurableFiles
import Glibc
public import OperatingSystem

/// Console output of a run: a bar that is redrawn on a terminal, plain lines elsewhere.
///
/// For rank 0 only, and for one thread.
public final class ConsoleReporter {
    private let output: any ConsoleOutput
    private let redraws: Bool
    private let colors: Bool
    private let now: () -> Double

    private var current: ProgressText?
    /// Time at which the bar was drawn or the last line printed.
    private var shownAt = -Double.infinity
    private var shownStep: Int?
    private var isBarVisible = false
    private var meanStepSeconds: Double?

    private static let redrawSeconds = 0.1
    private static let lineSeconds = 10.0

    /// Starts with nothing shown.
    ///
    /// - Parameters:
    ///   - output: destination.
    ///   - environment: looks up an environment variable. `TERM=dumb` or no `TERM` disables the bar
    ///     and colours; a non-empty `NO_COLOR` disables colours (no-color.org).
    ///   - now: seconds of a monotonic clock.
    public init(
        output: any ConsoleOutput = StandardOutput(),
        environment: (String) -> String? = ConsoleReporter.environmentVariable,
        now: @escaping () -> Double = { MonotonicClock.seconds }
    ) {
        self.output = output
        self.now = now
        let kind = environment("TERM") ?? ""
        redraws = output.isTerminal && kind != "dumb" && !kind.isEmpty
        colors = redraws && (environment("NO_COLOR") ?? "").isEmpty
    }

    /// Throws if any write failed; for commands whose result is the output.
    public func requireWritten() throws(FileError) {
        if let failure = output.failure { throw failure }
    }

    /// Shows a step, if due: at most ten times a second on a terminal; otherwise about every ten
    /// seconds, and always the first and the last one.
    public func step(_ record: StepRecord) {
        if record.stepSeconds.isFinite {
            // About the last ten steps: follows a change of speed, hides the noise.
            meanStepSeconds =
                meanStepSeconds.map { 0.9 * $0 + 0.1 * record.stepSeconds }
                ?? record.stepSeconds
        }
        let stepsLeft = record.totalSteps - record.step
        let text = ProgressText(
            record: record,
            secondsLeft: stepsLeft > 0 ? meanStepSeconds.map { $0 * Double(stepsLeft) } : nil)
        let isFirst = current == nil
        current = text
        if isFirst || stepsLeft <= 0 || isTime { show(text) }
    }

    /// Prints the result of an evaluation with its baselines.
    public func evaluation(_ record: EvaluationRecord) {
        let mlm =
            "MLM \(HumanFormat.percent(record.mlmAccuracy)) (always \"\(record.mlmBaselineToken)\":"
            + " \(HumanFormat.percent(record.mlmBaselineAccuracy))),"
            + " loss \(HumanFormat.fixed(record.mlmLoss, decimals: 4))"
        let nsp =
            "NSP \(HumanFormat.percent(record.nspAccuracy)) (majority:"
            + " \(HumanFormat.percent(record.nspBaselineAccuracy))),"
            + " loss \(HumanFormat.fixed(record.nspLoss, decimals: 4))"
        print([clean("evaluation at step \(record.step): \(mlm); \(nsp)")])
    }

    /// Prints names and values in two columns.
    public func banner(_ items: [(String, String)]) { print(TextTable.pairs(items).map(clean)) }

    /// Prints a title and a table below it: the first column left-aligned, the others
    /// right-aligned.
    public func table(_ title: String, columns: [String], rows: [[String]]) {
        print(["", bold(clean(title))] + TextTable.grid(columns: columns, rows: rows).map(clean))
    }

    /// Prints a line.
    public func note(_ text: String) { print([clean(text)]) }

    /// Prints a line that begins with "warning:".
    public func warning(_ text: String) {
        print(
            [(colors ? "\u{1B}[33mwarning:\u{1B}[0m " : "warning: ") + clean(text)])
    }

    /// Ends the progress display. The last step remains as a line, even if the run ended early.
    public func finish() {
        guard let text = current else { return }
        let isShown = !redraws && shownStep == text.record.step
        current = nil
        if !isShown { print([text.line]) }
        shownStep = nil
        shownAt = -Double.infinity
        meanStepSeconds = nil
    }

    /// `getenv`.
    public static func environmentVariable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

extension ConsoleReporter {
    private var isTime: Bool {
        now() - shownAt >= (redraws ? Self.redrawSeconds : Self.lineSeconds)
    }

    private func show(_ text: ProgressText) {
        if redraws {
            output.write(barText(text))
            isBarVisible = true
        } else {
            output.write(text.line + "\n")
        }
        shownAt = now()
        shownStep = text.record.step
    }

    /// The bar above the cursor's line. The last column is left empty, because a character there
    /// makes some terminals wrap.
    private func barText(_ text: ProgressText) -> String {
        "\r" + text.bar(columns: max(1, output.columns - 1)) + "\u{1B}[K"
    }

    /// Prints lines above the bar, in one write, so that output of other processes cannot be
    /// interleaved.
    private func print(_ lines: [String]) {
        var text = isBarVisible ? "\r\u{1B}[K" : ""
        for line in lines { text += line + "\n" }
        isBarVisible = isBarVisible && current != nil
        if isBarVisible, let current { text += barText(current) }
        output.write(text)
    }

    private func clean(_ text: String) -> String { TextWidth.printable(text) }

    private func bold(_ text: String) -> String {
        colors ? "\u{1B}[1m\(text)\u{1B}[0m" : text
    }
}
