import CProcessStart
import ExitCoding
import Glibc

/// First steps of every program: corrects inherited signals and limits.
public enum ProcessStart {
    /// Prepares the process; must be called before anything else.
    ///
    /// Writing past the file-size limit (`ulimit -f`) fails with EFBIG, like a full disk, instead
    /// of ending the process. Soft limits of the stack and of open files are raised as far as the
    /// hard limits allow, up to the usual values, and threads get a stack size of their own.
    ///
    /// - Parameter program: prefix of the lines that ``Shortage`` prints.
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

    /// Whether SIGHUP was ignored when the program was started (`nohup`); it stays ignored.
    public static var ignoresHangUp: Bool { bert_hang_up_was_ignored() }

    /// Restores the disposition that SIGHUP had when the program was started. UCX replaces it when
    /// it is loaded or initialized, so that closing a terminal would have no effect.
    public static func restoreHangUp() {
        signal(SIGHUP, ignoresHangUp ? SIG_IGN : SIG_DFL)
    }
}
