import DurableFiles
import Glibc
import Reporting
import TemporaryDirectories
import Testing

@Suite struct MetricsLogTests {
    let directory = TemporaryDirectory()
    var path: String { Paths.join(directory.path, MetricsLog.name) }

    static let events: [MetricsEvent] = [
        .step(stepRecord(1, of: 0)),
        .skip(
            SkipRecord(
                step: 2, lossScale: 65536, nextLossScale: 32768, samples: 512, inARow: 1,
                cause: "")),
        .evaluation(evaluationRecord(2)),
        .checkpoint(
            CheckpointRecord(
                step: 2, path: "a/\"ü\\\n", seconds: 0.5, stalledSeconds: 0.125, bytes: 1000)),
        .preempt(PreemptRecord(step: 2, reason: "SIGTERM")),
        .resume(ResumeRecord(step: 2, path: "a", samples: 512)),
    ]

    @Test func exactLines() throws {
        let log = try MetricsLog(directory: directory.path, resumingAt: 0)
        for event in Self.events { try log.append(event) }
        try log.sync()
        #expect(
            try directory.text(MetricsLog.name) == #"""
                {"event":"step","step":1,"loss":7.5,"mlm_loss":6.8125,"nsp_loss":0.6875,"mlm_accuracy":0.125,"nsp_accuracy":0.5625,"learning_rate":0.0001,"grad_norm":1.25,"loss_scale":1.0,"samples":256,"tokens":30000,"tokens_per_second":12345.0,"step_seconds":2.5,"overlap":0.75,"mfu":0.5}
                {"event":"skip","step":2,"loss_scale":65536.0,"next_loss_scale":32768.0,"samples":512,"in_a_row":1,"cause":""}
                {"event":"evaluation","step":2,"mlm_accuracy":0.25,"mlm_loss":4.5,"mlm_tokens":1900,"nsp_accuracy":0.625,"nsp_loss":0.65625,"nsp_pairs":100,"mlm_baseline_accuracy":0.0625,"mlm_baseline_token":"the","nsp_baseline_accuracy":0.53125,"mlm_accuracy_low":0.2,"mlm_accuracy_high":0.3,"mlm_loss_low":null,"mlm_loss_high":null,"nsp_accuracy_low":null,"nsp_accuracy_high":null,"nsp_loss_low":0.5,"nsp_loss_high":0.75}
                {"event":"checkpoint","step":2,"path":"a/\"ü\\\n","seconds":0.5,"stalled_seconds":0.125,"bytes":1000}
                {"event":"preempt","step":2,"reason":"SIGTERM"}
                {"event":"resume","step":2,"path":"a","samples":512}

                """#)
        #expect(try MetricsLog.read(path) == Self.events)
    }

    @Test func notFiniteIsNull() throws {
        var record = stepRecord(1)
        record.loss = .nan
        record.gradientNorm = -.infinity
        let log = try MetricsLog(directory: directory.path, resumingAt: 0)
        try log.append(.step(record))
        let text = try directory.text(MetricsLog.name)
        #expect(text.contains(#""loss":null,"#) && text.contains(#""grad_norm":null,"#))
        guard case .step(let back) = try MetricsLog.read(path).first else {
            Issue.record("no step")
            return
        }
        #expect(back.loss.isNaN && back.gradientNorm.isNaN && back.mlmLoss == record.mlmLoss)
    }

    @Test func numbersComeBackWithAllBits() throws {
        let log = try MetricsLog(directory: directory.path, resumingAt: 0)
        let losses = [
            0.1 + 0.2, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.0, 1e16, 1.0 / 3,
        ]
        for (index, loss) in losses.enumerated() {
            try log.append(.step(stepRecord(index, of: 0, loss: loss)))
        }
        let back = try MetricsLog.read(path).map { event -> UInt64 in
            guard case .step(let record) = event else { return 0 }
            return record.loss.bitPattern
        }
        #expect(back == losses.map(\.bitPattern))
    }

    @Test func resumingMovesLaterLinesAway() throws {
        let first = try MetricsLog(directory: directory.path, resumingAt: 0)
        for step in 1...5 { try first.append(.step(stepRecord(step, of: 0))) }
        try first.append(.evaluation(evaluationRecord(5)))
        let second = try MetricsLog(directory: directory.path, resumingAt: 3)
        try second.append(.resume(ResumeRecord(step: 3, path: "c", samples: 768)))
        try second.append(.step(stepRecord(4, of: 0)))
        #expect(try MetricsLog.read(path).map(\.step) == [1, 2, 3, 3, 4])
        let superseded = Paths.join(directory.path, MetricsLog.supersededName)
        #expect(try MetricsLog.read(superseded).map(\.step) == [4, 5, 5])
        // A second resumption appends to them.
        _ = try MetricsLog(directory: directory.path, resumingAt: 3)
        #expect(try MetricsLog.read(superseded).map(\.step) == [4, 5, 5, 4])
    }

    /// A checkpoint of step 3 may be before or after skipped attempts at step 4.
    @Test(arguments: [(768, 0), (1024, 1), (1280, 2), (nil, 0)] as [(Int?, Int)])
    func skipsStayAsFarAsTheirSamplesWereSeen(samples: Int?, kept: Int) throws {
        let first = try MetricsLog(directory: directory.path, resumingAt: 0)
        for step in 1...3 { try first.append(.step(stepRecord(step, of: 0))) }
        for skip in 1...2 {
            let record = SkipRecord(
                step: 4, lossScale: 8, nextLossScale: 4, samples: 768 + 256 * skip, inARow: skip,
                cause: "")
            try first.append(.skip(record))
        }
        try first.append(.step(stepRecord(4, of: 0)))
        _ = try MetricsLog(directory: directory.path, resumingAt: 3, samples: samples)
        let left = try MetricsLog.read(path).map(\.name)
        #expect(left == ["step", "step", "step"] + Array(repeating: "skip", count: kept))
        let superseded = Paths.join(directory.path, MetricsLog.supersededName)
        #expect(try MetricsLog.read(superseded).count == 3 - kept)
    }

    /// Several pieces of a read, with boundaries within lines.
    @Test func aLongLogIsRepairedInPieces() throws {
        let lines = (1...9000).map { MetricsEvent.step(stepRecord($0, of: 0)).line + "\n" }
        #expect(lines.joined().utf8.count > 2 << 20)
        try directory.write(MetricsLog.name, lines.joined() + "{\"event\":\"st")
        _ = try MetricsLog(directory: directory.path, resumingAt: 4321)
        #expect(try directory.text(MetricsLog.name) == lines[..<4321].joined())
        #expect(try directory.text(MetricsLog.supersededName) == lines[4321...].joined())
    }

    @Test func anEvaluationMadeAgainCountsOnce() throws {
        let log = try MetricsLog(directory: directory.path, resumingAt: 0)
        for step in [1, 2, 2, 3] { try log.append(.evaluation(evaluationRecord(step))) }
        #expect(try MetricsLog.evaluations(path).map(\.step) == [1, 2, 3])
    }

    @Test func theEndIsReadAlone() throws {
        #expect(try MetricsLog.lastEvents(path).isEmpty)
        let log = try MetricsLog(directory: directory.path, resumingAt: 0)
        #expect(try MetricsLog.lastEvents(path).isEmpty)
        for step in 1...50 { try log.append(.step(stepRecord(step, of: 0))) }
        #expect(try MetricsLog.lastEvents(path) == MetricsLog.read(path))
        let line = try #require(try MetricsLog.read(path).last).line.utf8.count + 1
        // The first line is cut off, but none of the others is.
        let last = try MetricsLog.lastEvents(path, byteCount: 3 * line + line / 2)
        #expect(last.map(\.step) == [48, 49, 50])
    }

    @Test func linesOfOthersStay() throws {
        let others = """
            {"event":"mine","step":99}
            {"step":99,"event":"step"}
            # a comment

            {"event":"step","step":99999999999999999999999}

            """
        let own = "{\"event\":\"preempt\",\"step\":7,\"reason\":\"r\"}\n"
        try directory.write(MetricsLog.name, others + own)
        _ = try MetricsLog(directory: directory.path, resumingAt: 1)
        #expect(try directory.text(MetricsLog.name) == others)
    }

    @Test(arguments: ["{\"event\":\"step\",\"step\":2,\"lo", "\0\0\0", "{", "garbage"])
    func aHalfLastLineIsDropped(half: String) throws {
        let whole = "{\"event\":\"preempt\",\"step\":1,\"reason\":\"r\"}\n"
        try directory.write(MetricsLog.name, whole + half)
        #expect(try MetricsLog.read(path).map(\.step) == [1])
        _ = try MetricsLog(directory: directory.path, resumingAt: 1)
        #expect(try directory.text(MetricsLog.name) == whole)
    }

    @Test func aWholeLastLineWithoutEndStays() throws {
        let line = "{\"event\":\"preempt\",\"step\":1,\"reason\":\"r\"}"
        try directory.write(MetricsLog.name, line)
        _ = try MetricsLog(directory: directory.path, resumingAt: 1)
        #expect(try directory.text(MetricsLog.name) == line + "\n")
    }

    @Test(arguments: [
        "{\"event\":\"step\",\"step\":\"x\"}", "{\"event\":\"step\"}", "{]", "{\"event\":3}",
        "{\"event\":\"preempt\",\"step\":1e99,\"reason\":\"\"}",
    ])
    func readingNamesTheBadLine(line: String) throws {
        try directory.write(MetricsLog.name, "\n\(line)\n")
        let error = #expect(throws: FileError.self) { try MetricsLog.read(path) }
        #expect(error?.cause == .badData)
        #expect(error?.message.hasPrefix("line 2 ") == true)
    }

    @Test func missingDirectory() {
        let error = #expect(throws: FileError.self) {
            try MetricsLog(directory: "/nonexistent/run", resumingAt: 0)
        }
        #expect(error?.cause == .inputOutput)
        #expect(error?.path == "/nonexistent/run/metrics.jsonl")
    }

    @Test(.enabled(if: access("/dev/full", W_OK) == 0)) func fullDisk() throws {
        symlink("/dev/full", path)
        // A link is rejected, because it may lead out of the run directory.
        #expect(throws: FileError.self) {
            try MetricsLog(directory: directory.path, resumingAt: 0)
        }
    }

    @Test func everyKeyIsInTheDocumentation() throws {
        let page = try documentation()
        let summary = RunSummaryTests.summary.json
        for text in Self.events.map(\.line) + [summary] {
            for part in text.split(separator: "\"").enumerated().filter({ $0.offset % 2 == 1 })
            where part.element.allSatisfy({ $0.isLowercase || $0 == "_" })
                && part.element.contains("_")
            {
                #expect(page.contains("`\(part.element)`"), "\(part.element)")
            }
        }
        for event in Self.events { #expect(page.contains("`\(event.name)`")) }
    }

    private func documentation() throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let bytes = try WholeFiles.read("/\(root)/docs/metrics.md", maximumByteCount: 1 << 20)
        return String(decoding: bytes, as: UTF8.self)
    }
}
