import FileNames
import Glibc
import OperatingSystem

/// The terminal of the MPI launcher that started this process.
enum LauncherTerminal {
    /// Programs that collect their processes' output. A shell's pipe is not included, because its
    /// reader is another program.
    private static let launchers: Set<String> = [
        "mpirun", "mpiexec", "mpiexec.hydra", "mpirun.mpich", "mpiexec.mpich", "orterun",
        "prterun", "mpirun.openmpi", "mpiexec.openmp", "srun",
    ]

    /// Opens the launcher's terminal if its descriptor of the same number is one; otherwise returns
    /// -1.
    static func open(_ descriptor: Int32) -> Int32 {
        var process = getppid()
        // Launcher, its proxy, and a wrapper script each; with more levels, the processes are not
        // this launcher's ranks.
        for _ in 0..<6 where process > 1 {
            guard let status = Status(process) else { return -1 }
            if launchers.contains(status.name) {
                return openTerminal("/proc/\(process)/fd/\(descriptor)")
            }
            process = status.parent
        }
        return -1
    }

    private static func openTerminal(_ path: String) -> Int32 {
        // Checked before opening, because opening another process's pipe could block.
        var information = stat()
        guard withSystemPath(path, { stat($0, &information) }) == 0,
            information.st_mode & S_IFMT == S_IFCHR
        else {
            return -1
        }
        let opened = withSystemPath(path) {
            Glibc.open($0, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        }
        guard opened >= 0 else { return -1 }
        if isatty(opened) == 1 { return opened }
        close(opened)
        return -1
    }

    /// Name and parent of a process: `PID (NAME) STATE PARENT ...`, see proc(5).
    private struct Status {
        var name: String
        var parent: pid_t

        init?(_ process: pid_t) {
            let text = SystemFile.text("/proc/\(process)/stat")
            guard let start = text.firstIndex(of: "("), let end = text.lastIndex(of: ")"),
                start < end
            else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count >= 2, let parent = pid_t(fields[1]) else { return nil }
            name = String(text[text.index(after: start)..<end])
            self.parent = parent
        }
    }
}
