import DurableFiles
import Reporting

/// Records its input; its width and kind are configurable.
final class FakeConsole: ConsoleOutput {
    var isTerminal: Bool
    var columns: Int
    var lines: Int
    var text = ""
    var writes = 0
    let failure: FileError? = nil

    init(terminal: Bool, columns: Int = 80, lines: Int = 24) {
        isTerminal = terminal
        self.lines = lines
        self.columns = columns
    }

    func write(_ text: String) {
        self.text += text
        writes += 1
    }

    /// Output since the last call, with escape sequences spelled out.
    func take() -> String {
        defer { text = "" }
        return text.replacing("\u{1B}[K", with: "<clear>").replacing("\r", with: "<home>")
            .replacing("\u{1B}[33m", with: "<yellow>").replacing("\u{1B}[1m", with: "<bold>")
            .replacing("\u{1B}[0m", with: "<plain>")
    }
}

/// A clock that only advances when told to.
final class FakeClock {
    var seconds = 100.0
}

func stepRecord(_ step: Int, of total: Int = 1000, loss: Double = 7.5) -> StepRecord {
    StepRecord(
        step: step, totalSteps: total, loss: loss, mlmLoss: 6.8125, nspLoss: 0.6875,
        mlmAccuracy: 0.125, nspAccuracy: 0.5625, learningRate: 1e-4, gradientNorm: 1.25,
        lossScale: 1, samples: step * 256, tokens: step * 30_000, tokensPerSecond: 12_345,
        stepSeconds: 2.5, overlap: 0.75, mfu: 0.5)
}

func evaluationRecord(_ step: Int) -> EvaluationRecord {
    var record = EvaluationRecord(
        step: step, mlmAccuracy: 0.25, mlmLoss: 4.5, mlmTokens: 1900, nspAccuracy: 0.625,
        nspLoss: 0.65625, nspPairs: 100, mlmBaselineAccuracy: 0.0625, mlmBaselineToken: "the",
        nspBaselineAccuracy: 0.53125)
    (record.intervals.mlmAccuracyLow, record.intervals.mlmAccuracyHigh) = (0.2, 0.3)
    (record.intervals.nspLossLow, record.intervals.nspLossHigh) = (0.5, 0.75)
    return record
}
