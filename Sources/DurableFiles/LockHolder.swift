internal import ExitCoding
import FileNames
import Glibc

/// Holder of a lock, with enough information to determine later whether that process can still be
/// alive.
package struct LockHolder: Equatable {
    var host = ""
    /// Changes at every reboot of the machine.
    var boot = ""
    /// Process numbers are only meaningful within one namespace.
    var processNamespace = ""
    var process: pid_t = 0
    /// Start time of that process in the kernel's ticks, which distinguishes it from a later one
    /// with the same number.
    var started = ""
    /// Job and restart count from a scheduler, if any: "42.1".
    package var job = ""
    /// Distinguishes locks of the same process.
    var token = ""

    /// Known state of a holder.
    package enum Verdict: Equatable { case alive, dead, unknown }

    /// This process.
    package static func current() -> LockHolder {
        LockHolder(
            host: TemporaryName.host(), boot: text(of: "/proc/sys/kernel/random/boot_id"),
            processNamespace: TemporaryName.processNamespace, process: getpid(),
            started: started(getpid()) ?? "", job: schedulerJob,
            token: String(UInt64.random(in: .min ... .max), radix: 36))
    }

    /// Determines whether the holder is alive, as far as `observer` can tell.
    package func verdict(seenFrom observer: LockHolder) -> Verdict {
        if isEarlierStart(of: observer) { return .dead }
        guard !host.isEmpty, host == observer.host else { return .unknown }
        if !boot.isEmpty, !observer.boot.isEmpty, boot != observer.boot { return .dead }
        guard processNamespace == observer.processNamespace, process > 0 else { return .unknown }
        if kill(process, 0) != 0 && errno == ESRCH { return .dead }
        guard let now = Self.started(process) else { return .dead }
        return !started.isEmpty && now != started ? .dead : .alive
    }

    /// Whether it is an earlier start of the observer's job, because a scheduler never runs two at
    /// once.
    private func isEarlierStart(of observer: LockHolder) -> Bool {
        let (mine, other) = (job.split(separator: "."), observer.job.split(separator: "."))
        guard mine.count == 2, other.count == 2, mine[0] == other[0],
            let before = Int(mine[1]), let now = Int(other[1])
        else { return false }
        return before < now
    }

    /// "process 123 on node1 (job 42.0)".
    package var description: String {
        guard !host.isEmpty else { return "an unknown process" }
        return "process \(process) on \(host.printable)"
            + (job.isEmpty ? "" : " (job \(job.printable))")
    }

    private static var schedulerJob: String {
        guard let job = getenv("SLURM_JOB_ID") else { return "" }
        let start = getenv("SLURM_RESTART_COUNT").map { String(cString: $0) } ?? "0"
        return "\(String(cString: job)).\(start)"
    }

    /// The kernel's start time of a process; nil if it is gone or a zombie.
    private static func started(_ process: pid_t) -> String? {
        // "PID (NAME) STATE ...": the name may contain blanks and parentheses; the time is field
        // 22.
        let status = text(of: "/proc/\(process)/stat")
        guard let end = status.lastIndex(of: ")") else { return nil }
        let fields = status[status.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return String(fields[19])
    }

    /// Files of /proc have no size, so the result is that of one read. "" if the file is missing.
    private static func text(of path: String) -> String {
        guard let file = withSystemPath(path, { fopen($0, "r") }) else { return "" }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = fread(&buffer, 1, buffer.count, file)
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
        return String(text.prefix { $0 != "\n" })
    }
}

extension LockHolder {
    /// One `key value` per line.
    package var fileText: String {
        """
        host \(host)
        boot \(boot)
        namespace \(processNamespace)
        process \(process)
        started \(started)
        job \(job)
        token \(token)

        """
    }

    /// Parses `fileText`; missing values stay empty and match no known holder.
    package init(fileText: String) {
        for line in fileText.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "host": host = parts[1]
            case "boot": boot = parts[1]
            case "namespace": processNamespace = parts[1]
            case "process": process = pid_t(parts[1]) ?? 0
            case "started": started = parts[1]
            case "job": job = parts[1]
            case "token": token = parts[1]
            default: break
            }
        }
    }
}
