import Reporting
import Testing

/// Exact text for output that cannot be redrawn.
@Suite struct ConsolePlainTests {
    let console = FakeConsole(terminal: false)
    let clock = FakeClock()

    func reporter() -> ConsoleReporter {
        let clock = clock
        return ConsoleReporter(
            output: console, environment: { _ in "xterm" },
            now: { clock.seconds })
    }

    func printedSteps(_ reporter: ConsoleReporter, _ steps: ClosedRange<Int>) -> [Int] {
        for step in steps {
            reporter.step(stepRecord(step, of: 100))
            clock.seconds += 1
        }
        return console.take().split(separator: "\n").compactMap {
            Int($0.dropFirst(5).prefix { $0 != "/" }.drop { $0 == " " })
        }
    }

    @Test func oneLine() {
        reporter().step(stepRecord(20))
        #expect(
            console.take()
                == "step   20/1000    2%  loss 7.5000  MLM 12.5%  NSP 56.2%  lr 1.00e-04"
                + "  grad norm 1.250  12.3k tokens/s  ETA 40 min 50 s\n")
    }

    @Test func notFinite() {
        var record = stepRecord(20)
        record.loss = .nan
        record.gradientNorm = .infinity
        record.stepSeconds = .nan
        reporter().step(record)
        #expect(
            console.take()
                == "step   20/1000    2%  loss nan  MLM 12.5%  NSP 56.2%  lr 1.00e-04"
                + "  grad norm inf  12.3k tokens/s\n")
    }

    @Test func everyTenSeconds() {
        #expect(
            printedSteps(reporter(), 1...100) == Array(stride(from: 1, through: 91, by: 10)) + [100]
        )
    }

    @Test func anEarlyEndShowsItsLastStep() {
        let reporter = reporter()
        #expect(printedSteps(reporter, 1...30) == [1, 11, 21])
        reporter.finish()
        #expect(console.take().hasPrefix("step  30/100   30%"))
    }

    @Test func theLastStepIsNotRepeated() {
        let reporter = reporter()
        #expect(printedSteps(reporter, 99...100) == [99, 100])
        reporter.finish()
        #expect(console.take() == "")
    }

    @Test func bytesOfNamesAreShown() {
        // E9 and FF, as FileName has them.
        reporter().banner([("a\u{10F7E9}", "1"), ("a name", "caf\u{10F7E9} \u{10F7FF}")])
        #expect(console.take() == "  a\\xE9   1\n  a name  caf\\xE9 \\xFF\n")
    }

    @Test func banner() {
        reporter().banner([
            ("ranks", "8"), ("parameters", "110 M"), ("data", "a.h5\nb.h5"), ("名字", "中"),
            ("empty", ""),
        ])
        #expect(
            console.take() == """
                  ranks       8
                  parameters  110 M
                  data        a.h5
                              b.h5
                  名字        中
                  empty

                """)
    }

    @Test func table() {
        reporter().table(
            "Held-out", columns: ["", "accuracy", "baseline"],
            rows: [["MLM", "25.0%", "6.2%"], ["NSP", "62.5%"], ["long name", "1", "2", "extra"]])
        #expect(
            console.take() == """

                Held-out
                             accuracy  baseline
                  ---------  --------  --------
                  MLM           25.0%      6.2%
                  NSP           62.5%
                  long name         1         2

                """)
    }

    @Test func warningsAndNotes() {
        let reporter = reporter()
        reporter.warning("w")
        reporter.note("one\ntwo")
        #expect(console.take() == "warning: w\none\ntwo\n")
    }
}
