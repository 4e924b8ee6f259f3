import CProcessStart
import ExitCoding
import Glibc

/// The first steps of every program: setting inherited signals and limits in order.
public enum ProcessStart {
    /// Prepares the process; call it before anything else.
    ///
    /// Writing past the limit of file sizes (`ulimit -f`) fails with EFBIG, like a full disk,
    /// instead of ending the process. Soft limits of the stack and of open files are raised as far
    /// as the hard ones allow, up to what programs usually have, and threads get a stack of their own
    /// size.
    ///
    /// - Parameter program: begins the lines that ``Shortage`` prints.
    public static func prepare(program: String) {
        signal(SIGXFSZ, SIG_IGN)
        restoreHangUp()
        ResourceLimit.stack.raise(to: 8 << 20)
        ResourceLimit.openFiles.raise(to: 4096)
        Shortage.prepare(program: program)
        checkStack()
        bert_thread_stack_at_least(2 << 20)
    }

    /// Ends a process whose stack would overflow silently.
    private static func checkStack() {
        guard let bytes = ResourceLimit.stack.value, bytes < leastStack else { return }
        Shortage.end(
            "the stack may have \(bytes >> 10) kB (ulimit -s), and at least \(leastStack >> 10) kB "
                + "are needed; raise the limit", ExitStatus.configuration)
    }

    private static let leastStack = 512 << 10

    /// Whether SIGHUP was ignored when the program was started (`nohup`); it stays so.
    public static var ignoresHangUp: Bool { bert_hang_up_was_ignored() }

    /// Gives SIGHUP back what it did when the program was started. UCX replaces it as it is loaded
    /// or initialized, so that a closed terminal would change nothing.
    public static func restoreHangUp() {
        signal(SIGHUP, ignoresHangUp ? SIG_IGN : SIG_DFL)
    }
}
