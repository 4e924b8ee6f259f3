import Reporting
import Testing

/// Display of a fan-out.
@Suite struct FanOutViewTests {
    private let clock = FakeClock()

    private func view(_ console: FakeConsole, term: String = "xterm") -> FanOutView {
        FanOutView(
            output: console, environment: { $0 == "TERM" ? term : nil },
            now: { [clock] in clock.seconds })
    }

    private var counts: FanOutView.Counts {
        var counts = FanOutView.Counts()
        (counts.waiting, counts.running, counts.done, counts.failed) = (5, 2, 3, 1)
        return counts
    }

    @Test func terminalRedrawsItsLines() {
        let console = FakeConsole(terminal: true, columns: 60)
        let view = view(console)
        let running: [FanOutView.Running] = [
            .init(name: "nli/base", fraction: 0.5, status: "loss 0.7"),
            .init(name: "pos/base\u{1B}[2J", fraction: 7, status: ""),
        ]
        view.show { (counts, running) }
        let lines = console.take().split(separator: "\n")
        #expect(lines[0] == "[==========          ]  50%  nli/base  loss 0.7")
        #expect(lines[1].hasPrefix("[====================] 100%  pos/base\u{FFFD}"))
        #expect(lines[2] == "5 waiting, 2 running, 3 done, 1 failed")
        // Too early for another one.
        var asked = false
        view.show {
            asked = true
            return (counts, [])
        }
        #expect(console.take().isEmpty && !asked)
        clock.seconds += 1
        view.show { (counts, []) }
        #expect(console.text.hasPrefix("\u{1B}[3A\r\u{1B}[J5 waiting"))
        _ = console.take()
        view.note("done\nand more")
        #expect(console.text == "\u{1B}[1A\r\u{1B}[Jdone\nand more\n")
        view.finish()
        #expect(console.text.hasSuffix("more\n"))
    }

    @Test func linesAreCutToTheWidth() {
        let console = FakeConsole(terminal: true, columns: 30)
        let name = String(repeating: "n", count: 90)
        view(console).show { (counts, [.init(name: name, fraction: 0, status: "")]) }
        #expect(console.text.split(separator: "\n").allSatisfy { $0.count <= 29 })
    }

    @Test("redrawn lines stay on the screen", arguments: [1, 3, 4, 10, 24, 200])
    func height(lines: Int) {
        let console = FakeConsole(terminal: true, lines: lines)
        let running = (0..<40).map { FanOutView.Running(name: "\($0)", fraction: 0, status: "") }
        view(console).show { (counts, running) }
        let drawn = console.take().split(separator: "\n")
        #expect(drawn.count == max(0, min(16, lines - 3)) + 2)
        #expect(drawn.count < lines || lines < 3)
        #expect(drawn.suffix(2).first == "... 40 in all")
    }

    @Test(arguments: [(false, "xterm"), (true, "dumb"), (true, "")])
    func elsewhereOnlyNotesAreSeen(terminal: Bool, term: String) {
        let console = FakeConsole(terminal: terminal)
        let view = view(console, term: term)
        view.show { (counts, [.init(name: "a", fraction: 0, status: "")]) }
        view.note("done")
        view.finish()
        #expect(console.text == "done\n")
    }

    @Test func elsewhereProgressIsALineNowAndThen() {
        let console = FakeConsole(terminal: false)
        let view = view(console)
        view.log("start   a")
        #expect(console.take() == "start   a\n")
        let running = [FanOutView.Running(name: "a", fraction: 0.25, status: "loss 0.7")]
        clock.seconds += 29
        view.show { (counts, running) }
        #expect(console.take().isEmpty)
        clock.seconds += 1
        view.show { (counts, running) }
        #expect(
            console.take() == "at  25%  a  loss 0.7\n5 waiting, 2 running, 3 done, 1 failed\n")
        view.show { (counts, running) }
        #expect(console.take().isEmpty)
        let terminal = FakeConsole(terminal: true)
        self.view(terminal).log("start   a")
        #expect(terminal.take().isEmpty)
    }
}
