import DurableFiles
import ExitCoding
import FileNames
import Glibc

/// A program that is run to completion for its output.
struct ChildProcess {
    /// The program, searched in PATH unless it has a slash, and its arguments.
    let command: [String]

    /// Exit status of the program, and its standard output.
    struct Outcome {
        /// Exit status; 128 + N if signal N ended it, as in shells.
        let status: Int32
        let output: String
    }

    /// Path of this program.
    static func ownPath() throws -> String { try Paths.linkTarget(of: "/proc/self/exe") }

    /// Runs it; its standard error is this process's, or discarded if `quiet`.
    ///
    /// - Throws: `BenchmarkError` if it cannot be started.
    func run(quiet: Bool = false) throws -> Outcome {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failure(errno) }
        // The child must not hold the pipe under another descriptor, because its end would never be
        // detected.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child: pid_t
        do {
            defer { close(ends[1]) }
            child = try spawn(output: ends[1], quiet: quiet)
        } catch {
            close(ends[0])
            throw error
        }
        let bytes = Self.readAll(ends[0])
        close(ends[0])
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7f
        return Outcome(
            status: signal == 0 ? status >> 8 & 0xff : 128 + signal,
            output: String(decoding: bytes, as: UTF8.self))
    }

    private func spawn(output: Int32, quiet: Bool) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        if quiet {
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        }
        var arguments = command.map { withSystemPath($0) { strdup($0) } } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        let status = withSystemPath(command[0]) {
            posix_spawnp(&child, $0, &actions, nil, &arguments, environ)
        }
        guard status == 0 else { throw failure(status) }
        return child
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 || errno != EINTR {
                return bytes
            }
        }
    }

    private func failure(_ code: Int32) -> BenchmarkError {
        BenchmarkError(
            "cannot start \(command[0]): \(String(cString: strerror(code)))",
            exitCode: ExitStatus.missingInput)
    }
}
