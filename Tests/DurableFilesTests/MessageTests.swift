import DurableFiles
import Testing

/// Messages that quote contents of files.
@Suite struct MessageTests {
    @Test func terminalsObeyNothingInAnError() {
        let error = FileError(.badData, "a/\u{1B}[31m", "names \"\u{202E}b\r\n\u{7}\"")
        #expect(
            error.description == #"a/\u{1B}[31m: names "\u{202E}b\r\n\u{07}""#)
    }

    @Test("a lock that an editor has saved is read", arguments: ["\n", "\r\n", "\r"])
    func locksWithOtherLineEnds(end: String) {
        let holder = LockHolder(
            fileText: ["host node1", "process 17", "job 42.1", "token x", ""]
                .joined(separator: end))
        #expect(holder.description == "process 17 on node1 (job 42.1)")
        #expect(LockHolder(fileText: holder.fileText) == holder)
    }

    @Test func holdersNamesAreShownAndNotObeyed() {
        let holder = LockHolder(fileText: "host a\u{1B}[2Jb\njob \u{8}.1\n")
        #expect(holder.description == #"process 0 on a\u{1B}[2Jb (job \u{08}.1)"#)
    }
}
