import DurableFiles
import FileNames
import Glibc
import TemporaryDirectories
import Testing

/// Starts the real programs, which are next to the test bundle.
enum Program {
    /// Directory of this test bundle, and so of the programs.
    static let directory: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return Paths.parent(of: String(decoding: buffer.prefix(max(0, count)), as: UTF8.self))
    }()

    /// The launcher: `MPIRUN` (with its flags), or `mpirun`.
    static let launcher = (getenv("MPIRUN").map { String(cString: $0) } ?? "mpirun")
        .split(separator: " ").map(String.init)

    static func path(_ name: String) -> String { Paths.join(directory, name) }

    /// Runs `bert-train` with `arguments` to completion, on `ranks` ranks; without a launcher if
    /// nil. `environment` contains further variables, `NAME=VALUE`.
    static func train(
        ranks: Int? = nil, _ arguments: [String], in directory: String = "/",
        environment: [String] = []
    ) throws -> Outcome {
        try start(ranks: ranks, arguments, in: directory, environment: environment).wait()
    }

    /// Starts `bert-train`.
    static func start(
        ranks: Int? = nil, _ arguments: [String], in directory: String = "/",
        environment: [String] = []
    ) throws -> RunningProgram {
        // `env` takes the variables, and starts what follows.
        let launch = environment + (ranks.map { launcher + ["-n", "\($0)"] } ?? [])
        return try RunningProgram(launch + [path("bert-train")] + arguments, in: directory)
    }
}

/// Result of a program.
struct Outcome: CustomStringConvertible {
    /// Exit status; 128 plus the signal's number if one ended it.
    var status: Int32
    var output: String
    var errors: String

    var description: String { "status \(status)\noutput:\n\(output)\nerrors:\n\(errors)" }

    /// Lines of `errors` that hold `text`.
    func errorLines(with text: String) -> [Substring] {
        errors.split(separator: "\n").filter { $0.contains(text) }
    }

    /// Fails the test unless the program ended with `status`.
    func require(
        _ status: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try #require(self.status == status, "\(self)", sourceLocation: sourceLocation)
    }
}

/// A running program. It is killed, with its children, if nobody waits for it.
final class RunningProgram {
    let identifier: pid_t
    private let scratch = TemporaryDirectory()
    private var isRunning = true

    /// Seconds after which a program is considered hung, and killed, because a deadlock must not
    /// stop the tests. Far above the duration of any of them.
    static let limit = 240

    init(_ command: [String], in directory: String) throws {
        let name = Paths.name(of: command[0])
        let launcher =
            ["timeout", "--kill-after=5", "\(Self.limit)", "env", "-C", directory] + command
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, scratch.file("output"), flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, scratch.file("errors"), flags, 0o600)
        var arguments: [UnsafeMutablePointer<CChar>?] =
            launcher.map { argument in
                withSystemPath(argument) { strdup($0) }
            } + [nil]
        var variables = Self.environment().map { strdup($0) } + [nil]
        defer {
            for pointer in arguments + variables { free(pointer) }
        }
        var child: pid_t = 0
        // Threads of Swift's pool block signals, and children would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let code = posix_spawnp(
            &child, launcher[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else {
            throw ProgramError("cannot start \(name): \(String(cString: strerror(code)))")
        }
        identifier = child
    }

    deinit {
        if isRunning {
            for process in descendants + [identifier] { kill(process, SIGKILL) }
            _ = wait()
        }
    }

    /// This process's variables; numerical libraries stay on one thread, because there are many
    /// ranks.
    private static func environment() -> [String] {
        var result: [String] = []
        var next = environ
        while let entry = next.pointee {
            result.append(String(cString: entry))
            next += 1
        }
        let fixed = ["OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1"]
        return result.filter { entry in
            !entry.hasPrefix("OPENBLAS_NUM_THREADS=") && !entry.hasPrefix("OMP_NUM_THREADS=")
        } + fixed
    }

    /// Waits for its end.
    func wait() -> Outcome {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
        isRunning = false
        let signal = status & 0x7f
        return Outcome(
            status: signal == 0 ? (status >> 8) & 0xff : 128 + signal,
            output: fileText(scratch.file("output")), errors: fileText(scratch.file("errors")))
    }

    /// The ranks' processes: those of the program itself, not of launchers.
    var ranks: [pid_t] {
        descendants.filter { process in
            let name = text("/proc/\(process)/comm")
            return name.hasPrefix("bert-train")
        }
    }

    /// The ranks' processes in the order of the ranks.
    var orderedRanks: [pid_t] { ranks.sorted { rank(of: $0) < rank(of: $1) } }

    private func rank(of process: pid_t) -> Int {
        let variables = text("/proc/\(process)/environ").split(separator: "\0")
        return variables.first { $0.hasPrefix("PMI_RANK=") }.flatMap { Int($0.dropFirst(9)) } ?? -1
    }

    /// Waits until `process` does nothing but wait for others: it has slept and polled a thousand
    /// times while `progress` stayed the same. Its own polls count instead of time, which also
    /// passes for a process that only gets no core.
    func wait(untilIdle process: pid_t, progress: () -> Int) throws {
        var seen = (progress: -1, sleeps: 0)
        try wait {
            let lines = text("/proc/\(process)/status").split(separator: "\n")
            let line = lines.first { $0.hasPrefix("voluntary_ctxt_switches:") }
            guard let sleeps = line?.split(separator: "\t").last.flatMap({ Int($0) }) else {
                return false
            }
            let now = progress()
            if now != seen.progress { seen = (now, sleeps) }
            return sleeps - seen.sleeps > 1000
        }
    }

    /// Output so far.
    var output: String { fileText(scratch.file("output")) + fileText(scratch.file("errors")) }

    /// The launcher: the child of the process that limits the time.
    var launcher: pid_t? { descendants.first }

    /// All children, their children, and so on.
    private var descendants: [pid_t] {
        let all = ((try? Paths.names(in: "/proc")) ?? []).compactMap { pid_t($0) }
        let parents = all.compactMap { process -> (pid_t, pid_t)? in
            // "PID (NAME) STATE PARENT": the name may contain blanks and parentheses.
            let status = text("/proc/\(process)/stat")
            guard let end = status.lastIndex(of: ")") else { return nil }
            let words = status[end...].split(separator: " ")
            guard words.count > 2, let parent = pid_t(words[2]) else { return nil }
            return (process, parent)
        }
        var found = [identifier]
        var next = 0
        while next < found.count {
            found += parents.filter { $0.1 == found[next] }.map(\.0)
            next += 1
        }
        return Array(found.dropFirst())
    }

    /// Waits until `condition` holds; fails when the program ends, or hangs, before.
    func wait(until condition: () throws -> Bool) throws {
        for _ in 0..<(Self.limit * 100) {
            if try condition() { return }
            var status: Int32 = 0
            if waitpid(identifier, &status, WNOHANG) == identifier {
                isRunning = false
                throw ProgramError(
                    "ended too early (\(status)): \(fileText(scratch.file("errors")))")
            }
            usleep(10_000)
        }
        throw ProgramError("nothing happened in \(Self.limit) seconds")
    }

    private func text(_ path: String) -> String {
        // Files of /proc have no size: read them as a stream.
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}

/// An error driving a program.
struct ProgramError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
