import ExitCoding
import Glibc
import Synchronization

/// Whether a thread is already ending the process.
private let isEnding = Atomic<Bool>(false)
/// Text for the handler, which must not allocate.
nonisolated(unsafe) private var abortText: UnsafeMutablePointer<CChar>?

/// Exit of a process to which the system refuses memory or threads.
///
/// No caller can continue without them, so no error is thrown: the process prints what was refused
/// and by which limit, and ends. A rank ends its whole job.
public enum Shortage {
    nonisolated(unsafe) private static var program = ""
    nonisolated(unsafe) private static var onEnd: ((_ text: String, _ status: Int32) -> Void)?
    /// Memory that is released before the message is formatted, because formatting allocates, too.
    nonisolated(unsafe) private static var reserve: UnsafeMutableRawPointer?
    private static let reserveBytes = 1 << 20

    static func prepare(program: String) {
        Self.program = program + ": "
        if reserve == nil { reserve = malloc(reserveBytes) }
        if let (limit, _) = ResourceLimit.tightestOfMemory { watchAborts(under: limit) }
    }

    /// Replaces the backtrace of an abort with a message. The libraries of Swift and C abort if a
    /// small allocation fails, which is the likely cause under a memory limit.
    private static func watchAborts(under limit: ResourceLimit) {
        abortText = strdup(
            "\(program)aborted, most likely out of memory: the limit of this process is "
                + "\((limit.value ?? 0) >> 20) MB (\(limit.command)); raise it or ask for less\n")
        signal(SIGABRT) { _ in
            if let abortText { _ = write(STDERR_FILENO, abortText, strlen(abortText)) }
            _exit(ExitStatus.system)
        }
    }

    /// Makes `body` print the message and end the job with a status from now on.
    public static func onEnd(_ body: @escaping (_ text: String, _ status: Int32) -> Void) {
        onEnd = body
    }

    /// Ends the process because `bytes` of memory cannot be allocated.
    public static func ofMemory(bytes: Int) -> Never {
        releaseReserve()
        let what = "out of memory: cannot allocate \(bytes >> 20) MB more"
        guard let (limit, left) = ResourceLimit.tightestOfMemory, left < bytes + slack else {
            end(
                "\(what), although no limit of this process is reached; ask for less",
                ExitStatus.system)
        }
        end(
            "\(what): the limit of this process is \((limit.value ?? 0) >> 20) MB "
                + "(\(limit.command)), of which \(left >> 20) MB are left; raise the limit or ask "
                + "for less", ExitStatus.configuration)
    }

    /// Ends the process because thread `number` cannot be started; `code` is the system's error.
    public static func ofThreads(number: Int, of count: Int, code: Int32) -> Never {
        releaseReserve()
        let processes = ResourceLimit.processes.value.map { "\($0)" } ?? "unlimited"
        let memory =
            ResourceLimit.tightestOfMemory.map {
                ", \($0.bytesLeft >> 20) MB of memory left under \($0.limit.command)"
            } ?? ""
        end(
            "cannot start thread \(number) of \(count): \(String(cString: strerror(code))); limits "
                + "are \(processes) processes (ulimit -u)\(memory), and pids.max of its control "
                + "group; raise them or ask for fewer threads", ExitStatus.configuration)
    }

    /// Lets the first caller continue; other threads wait for the end.
    private static func releaseReserve() {
        while isEnding.exchange(true, ordering: .relaxed) { sleep(1) }
        free(reserve)
    }

    /// Large allocations also need room for their alignment.
    private static let slack = 4 << 20

    /// Ends the process with `status` after printing `text`.
    public static func end(_ text: String, _ status: Int32) -> Never {
        fflush(nil)
        if let onEnd {
            onEnd(text, status)
        } else {
            var line = Array("\(program)\(text)\n".utf8)
            _ = write(STDERR_FILENO, &line, line.count)
        }
        _exit(status)
    }
}
