import Reporting
import Testing

/// Exact text on a terminal, for several widths.
@Suite struct ConsoleTerminalTests {
    let console = FakeConsole(terminal: true)
    let clock = FakeClock()

    func reporter(_ environment: [String: String] = ["TERM": "xterm"]) -> ConsoleReporter {
        let clock = clock
        return ConsoleReporter(
            output: console, environment: { environment[$0] }, now: { clock.seconds })
    }

    @Test(arguments: [
        (
            140,
            "120/1000 [====>                                   ] 12%  loss 7.5000  MLM 12.5%"
                + "  NSP 56.2%  12.3k tokens/s  ETA 36 min 40 s"
        ),
        (
            100,
            "120/1000 [=>              ] 12%  loss 7.5000  MLM 12.5%  NSP 56.2%  12.3k tokens/s"
                + "  ETA 36 min 40 s"
        ),
        (
            90,
            "120/1000  12%  loss 7.5000  MLM 12.5%  NSP 56.2%  12.3k tokens/s  ETA 36 min 40 s"
        ),
        (80, "120/1000 [=>          ] 12%  loss 7.5000  MLM 12.5%  NSP 56.2%  ETA 36 min 40 s"),
        (60, "120/1000  12%  loss 7.5000  MLM 12.5%  ETA 36 min 40 s"),
        (40, "120/1000 [=>         ] 12%  loss 7.5000"),
        (25, "120/1000  loss 7.5000"),
        (15, "120/1000"),
        (5, "120/"),
        (1, "1"),
        (0, "1"),
    ])
    func bar(columns: Int, text: String) {
        console.columns = columns
        reporter().step(stepRecord(120))
        #expect(console.take() == "<home>\(text)<clear>")
    }

    @Test func neverTouchesTheLastColumn() {
        for columns in 2...200 {
            console.columns = columns
            for step in [1, 9, 500, 999, 1000] {
                reporter().step(stepRecord(step))
                let bar = console.text.dropFirst().dropLast(3)
                #expect(bar.count < columns)
                console.text = ""
            }
        }
    }

    @Test func followsTheWidth() {
        let reporter = reporter()
        reporter.step(stepRecord(1))
        _ = console.take()
        console.columns = 30
        clock.seconds += 1
        reporter.step(stepRecord(2))
        #expect(
            console.take()
                == "<home>2/1000  0%  loss 7.5000<clear>")
    }

    @Test func redrawsAtMostTenTimesASecond() {
        let reporter = reporter()
        for step in 1...500 {
            reporter.step(stepRecord(step))
            clock.seconds += 0.01
        }
        // Five seconds, one drawing every 0.1 s (or 0.11 s if sums of 0.01 round down).
        #expect((45...51).contains(console.writes))
    }

    @Test func lastStepIsDrawnAtOnceAndStaysAsALine() {
        let reporter = reporter()
        reporter.step(stepRecord(999))
        _ = console.take()
        reporter.step(stepRecord(1000))
        #expect(
            console.take()
                == "<home>1000/1000 [===========] 100%  loss 7.5000  MLM 12.5%  NSP 56.2%"
                + "  12.3k tokens/s<clear>")
        reporter.finish()
        #expect(
            console.take()
                == "<home><clear>step 1000/1000  100%  loss 7.5000  MLM 12.5%  NSP 56.2%"
                + "  lr 1.00e-04  grad norm 1.250  12.3k tokens/s\n")
        reporter.finish()
        #expect(console.take() == "")
    }

    @Test func linesStandAboveTheBar() {
        console.columns = 40
        let reporter = reporter()
        reporter.note("before")
        #expect(console.take() == "before\n")
        reporter.step(stepRecord(120))
        _ = console.take()
        reporter.warning("slow disk")
        let bar = "<home>120/1000 [=>         ] 12%  loss 7.5000<clear>"
        #expect(console.take() == "<home><clear><yellow>warning:<plain> slow disk\n\(bar)")
        reporter.evaluation(evaluationRecord(120))
        #expect(
            console.take()
                == "<home><clear>evaluation at step 120: MLM 25.0% (always \"the\": 6.2%), loss 4.5000;"
                + " NSP 62.5% (majority: 53.1%), loss 0.6562\n\(bar)")
        #expect(console.writes == 4)
    }

    @Test func noColor() {
        let reporter = reporter(["TERM": "xterm", "NO_COLOR": "1"])
        reporter.warning("w")
        reporter.table("Title", columns: ["a"], rows: [])
        #expect(console.take() == "warning: w\n\nTitle\n  a\n  -\n")
        // Only a value counts (no-color.org).
        self.reporter(["TERM": "xterm", "NO_COLOR": ""]).warning("w")
        #expect(console.take() == "<yellow>warning:<plain> w\n")
    }

    @Test(arguments: [["TERM": "dumb"], [:]])
    func dumbTerminalsGetPlainLines(environment: [String: String]) {
        let reporter = reporter(environment)
        reporter.step(stepRecord(1))
        reporter.warning("w")
        let text = console.take()
        #expect(text.hasPrefix("step    1/1000    0%  loss") && text.hasSuffix("\nwarning: w\n"))
        #expect(!text.contains("<"))
    }

    @Test func namesCannotCommandTheTerminal() {
        reporter().note("a\u{1B}[2Jb\u{7}c\td")
        #expect(console.take() == "a\u{FFFD}[2Jb\u{FFFD}c d\n")
    }
}
