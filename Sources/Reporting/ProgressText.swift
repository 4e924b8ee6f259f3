/// A training step on one line: as a bar for a terminal, and as a line for a file.
struct ProgressText {
    let record: StepRecord
    /// Estimated remaining time of the run, nil at its end or if unknown.
    let secondsLeft: Double?

    /// A line that fits into the given number of columns: less important fields are dropped first,
    /// and the bar fills the rest.
    func bar(columns: Int) -> String {
        let step = "\(record.step)/\(record.totalSteps)"
        var fields = [percent, loss, mlm, nsp, speed, rest].filter { !$0.isEmpty }
        // In the order of dropping.
        for field in [speed, nsp, mlm, rest, percent, loss] {
            if TextWidth.columns(([step] + fields).joined(separator: "  ")) <= columns { break }
            fields.removeAll { $0 == field }
        }
        let text = fields.joined(separator: "  ")
        // Two spaces and two brackets around the cells.
        let cells = min(columns - TextWidth.columns(step + text) - 4, 40)
        if cells >= 8 { return "\(step) [\(cellText(cells))] \(text)" }
        return TextWidth.cut(([step] + fields).joined(separator: "  "), columns: columns)
    }

    /// A line with all fields, for output that cannot be redrawn.
    var line: String {
        let total = String(record.totalSteps)
        let step = TextWidth.padded(String(record.step), total.count, right: true)
        let rate = "lr \(HumanFormat.scientific(record.learningRate))"
        let norm = "grad norm \(HumanFormat.fixed(record.gradientNorm, decimals: 3))"
        let width = "100%".count
        let part = TextWidth.padded(percent, width, right: true)
        return ["step \(step)/\(total)", part, loss, mlm, nsp, rate, norm, speed, rest]
            .filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private var part: Double {
        record.totalSteps > 0
            ? min(1, max(0, Double(record.step) / Double(record.totalSteps))) : 0
    }

    /// Rounded down, so that 100% appears only at the end.
    private var percent: String { "\(Int(part * 100))%" }
    private var loss: String { "loss \(HumanFormat.fixed(record.loss, decimals: 4))" }
    private var mlm: String { "MLM \(HumanFormat.percent(record.mlmAccuracy))" }
    private var nsp: String { "NSP \(HumanFormat.percent(record.nspAccuracy))" }
    private var speed: String { HumanFormat.rate(record.tokensPerSecond, of: "tokens") }
    private var rest: String { secondsLeft.map { "ETA \(HumanFormat.duration($0))" } ?? "" }

    private func cellText(_ cells: Int) -> String {
        let full = Int(part * Double(cells))
        let head = full < cells ? ">" : ""
        return String(repeating: "=", count: full) + head
            + String(repeating: " ", count: cells - full - head.count)
    }
}
