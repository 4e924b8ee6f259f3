import Testing

/// Runs `run` on 1 and 3 ranks: each time it must end with `status` and print all `parts` in one
/// line, once.
func expectRefusal(
    _ run: Run, _ status: Int32, _ parts: [String], _ arguments: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    for ranks in [1, 3] {
        let outcome = try run.train(ranks: ranks, arguments)
        try outcome.require(status, sourceLocation: sourceLocation)
        expectOnce(parts, outcome, sourceLocation: sourceLocation)
    }
}

func expectOnce(
    _ parts: [String], _ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation
) {
    let lines = outcome.errorLines(with: "bert-train: ")
    #expect(lines.count == 1, "\(outcome)", sourceLocation: sourceLocation)
    for part in parts {
        #expect(outcome.errors.contains(part), "\(outcome)", sourceLocation: sourceLocation)
    }
}
