import Glibc

/// A worker process, as controlled by its parent.
final class WorkerProcess {
    let reader: String
    /// Case that is running now.
    private(set) var next: Int
    /// End of the range of cases to run.
    let end: Int
    let output: Int32
    private let process: pid_t
    private let errors: String
    private var rest: [UInt8] = []

    /// Starts this program as a worker.
    init(reader: String, cases: Range<Int>, arguments: [String], scratch: String) throws {
        self.reader = reader
        next = cases.lowerBound
        end = cases.upperBound
        errors = scratch + "/stderr"
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw FuzzFault("there is no pipe") }
        // Other workers must not keep this one's pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = ends[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(
            &actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        let words =
            ["bert-fuzz", "worker", "--reader", reader, "--first", "\(next)"]
            + ["--count", "\(cases.count)", "--scratch", scratch] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        argv.append(nil)
        // A backtrace takes longer than a thousand cases.
        var variables = ["SWIFT_BACKTRACE=enable=no", "OPENBLAS_NUM_THREADS=1"]
        if let path = getenv("LD_LIBRARY_PATH") {
            variables.append("LD_LIBRARY_PATH=" + String(cString: path))
        }
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) }
        environment.append(nil)
        defer { for word in argv + environment { free(word) } }
        var process: pid_t = 0
        let status = posix_spawn(&process, "/proc/self/exe", &actions, nil, &argv, &environment)
        close(ends[1])
        guard status == 0 else {
            close(ends[0])
            throw FuzzFault("a worker does not start: \(String(cString: strerror(status)))")
        }
        self.process = process
    }

    /// Reads the worker's output.
    ///
    /// - Returns: the outcomes of cases from `next` on; nil at the end of the worker.
    func take() -> [(number: Int, outcome: CaseOutcome)]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(output, &buffer, buffer.count)
        if count < 0 && errno == EINTR { return [] }
        guard count > 0 else { return nil }
        rest += buffer[..<count]
        var outcomes: [(Int, CaseOutcome)] = []
        while let feed = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<feed], as: UTF8.self)
            rest.removeSubrange(...feed)
            outcomes.append((next, CaseOutcome(line: line) ?? .fault("worker: \(line)")))
            next += 1
        }
        return outcomes
    }

    /// Waits for the end.
    ///
    /// - Returns: the outcome of the running case; nil if all were done.
    func finish() -> CaseOutcome? {
        close(output)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        if status == 0 { return nil }
        let words =
            (try? ScratchFiles.read(errors)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        if words.hasSuffix(LibraryCrash.mark) { return .libraryCrash }
        let signal = status & 0x7F
        let cause =
            switch signal {
            case 0: "exit status \(status >> 8)"
            case SIGPROF: "more processor time than allowed"
            case SIGALRM: "it hangs"
            default: "signal \(signal) (\(String(cString: strsignal(signal))))"
            }
        return .fault(
            cause + (words.isEmpty ? "" : ": " + words.suffix(600).replacing("\n", with: " | ")))
    }
}
