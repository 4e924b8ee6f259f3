import Glibc

/// Resource limits of a worker process.
struct WorkerLimits {
    /// Seconds of processor time of one case.
    var seconds = 10
    /// Bytes of private memory of the process.
    var bytes = 2 << 30
}

/// A process that runs cases one after the other and reports each by a line. Whatever ends the
/// process is the fault of the case after the last line.
struct Worker {
    let runner: CaseRunner
    let limits: WorkerLimits

    /// Runs the cases from `first` on: `count` of them, or as many as finish within `seconds`.
    func run(first: Int, count: Int, seconds: Int) {
        var limit = rlimit(rlim_cur: rlim_t(limits.bytes), rlim_max: rlim_t(limits.bytes))
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        LibraryCrash.watch()
        let start = time(nil)
        for number in first..<first + count {
            if time(nil) - start >= seconds { break }
            setTimers(limits.seconds)
            let outcome = runner.run(number).outcome
            setTimers(0)
            Self.report(outcome.line)
        }
    }

    /// Ends the process with SIGPROF after that much processor time, and with SIGALRM if it waits
    /// much longer; 0 cancels both.
    private func setTimers(_ seconds: Int) {
        var timer = itimerval()
        timer.it_value.tv_sec = seconds
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
        alarm(UInt32(seconds * 12))
    }

    private static func report(_ line: String) {
        let bytes = Array(line.utf8)
        // The parent has ended, so the worker does, too.
        if write(STDOUT_FILENO, bytes, bytes.count) != bytes.count { exit(1) }
    }
}
