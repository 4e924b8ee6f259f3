import MPI
import Testing

/// The watchdog's report on ranks that do not answer.
struct WaitReportTests {
    private static let hosts = ["a", "a", "b", "b", "c"]

    @Test func oneMissingRankIsNamedWithItsHost() {
        let report = WaitReport(
            places: [0: "here", 1: "there", 2: "x", 4: "y"], hosts: Self.hosts)
        #expect(report.missing == [3])
        #expect(
            report.text.hasPrefix(
                "rank 3 on b no longer answers: rank 0 on a waits in here; rank 1 on a waits in "
                    + "there; rank 2 on b waits in x; rank 4 on c waits in y. "))
    }

    @Test func aWholeHostIsCalledSo() {
        let report = WaitReport(places: [0: "here", 1: "there"], hosts: Self.hosts)
        #expect(report.missing == [2, 3, 4])
        #expect(
            report.text.hasPrefix(
                "ranks 2, 3 on b (all of that host) and rank 4 on c (all of that host) no longer "
                    + "answer: "))
    }

    @Test func manyThatWaitAreCounted() {
        let hosts = [String](repeating: "h", count: 300)
        let places = Dictionary(uniqueKeysWithValues: (1..<300).map { ($0, "p") })
        let report = WaitReport(places: places, hosts: hosts)
        #expect(report.text.hasPrefix("rank 0 on h no longer answers: rank 1 on h waits in p;"))
        #expect(report.text.contains("; and 295 more answer."))
        #expect(report.text.utf8.count < 600)
    }

    @Test func ranksThatWorkAreToldFromThoseThatWait() {
        let report = WaitReport(
            places: [0: "the data", 1: "there"], working: [0], hosts: ["a", "a", "b"])
        #expect(report.text.contains("rank 0 on a is the data; rank 1 on a waits in there."))
    }

    @Test func noneMissingIsABug() {
        let report = WaitReport(places: [0: "here", 1: "there"], hosts: ["a", "b"])
        #expect(report.missing.isEmpty)
        #expect(report.text.contains("none makes progress"))
        #expect(report.text.contains("a bug"))
    }
}
