import Glibc

/// Resource limit that the system sets on this process (`ulimit`).
public enum ResourceLimit: Sendable, CaseIterable {
    /// Bytes of address space, `ulimit -v`.
    case addressSpace
    /// Bytes of memory not backed by a file, `ulimit -d`.
    case data
    /// Bytes of the main thread's stack, `ulimit -s`.
    case stack
    /// Number of open files, `ulimit -n`.
    case openFiles
    /// Bytes per file, `ulimit -f`.
    case fileSize
    /// Seconds of processor time, `ulimit -t`.
    case processorTime
    /// Number of processes and threads of the user, `ulimit -u`.
    case processes

    /// Soft limit; nil if there is none.
    public var value: Int? { limits.flatMap { Self.bounded($0.rlim_cur) } }

    /// Shell command that shows and sets it.
    public var command: String {
        switch self {
        case .addressSpace: "ulimit -v"
        case .data: "ulimit -d"
        case .stack: "ulimit -s"
        case .openFiles: "ulimit -n"
        case .fileSize: "ulimit -f"
        case .processorTime: "ulimit -t"
        case .processes: "ulimit -u"
        }
    }

    /// Bytes that this process may still allocate under a memory limit; nil if there is no limit.
    public var bytesLeft: Int? {
        guard let value, let used else { return nil }
        return max(0, value - used)
    }

    /// Limit that leaves this process the least memory; nil if memory is unlimited.
    public static var tightestOfMemory: (limit: ResourceLimit, bytesLeft: Int)? {
        [addressSpace, data].compactMap { limit in limit.bytesLeft.map { (limit, $0) } }
            .min { $0.bytesLeft < $1.bytesLeft }
    }

    /// Raises the soft limit to `wanted`, or as close as the hard limit allows.
    func raise(to wanted: Int) {
        guard var limits, let current = Self.bounded(limits.rlim_cur), current < wanted else {
            return
        }
        limits.rlim_cur = min(rlim_t(wanted), limits.rlim_max)
        setrlimit(resource, &limits)
    }

    /// Lowers the soft limit, so that its signal comes `early` before the hard limit kills the
    /// process, or by a fifth if that is less. Does nothing without a hard limit.
    public func warn(early: Int) {
        guard var limits, let hard = Self.bounded(limits.rlim_max) else { return }
        limits.rlim_cur = min(limits.rlim_cur, rlim_t(hard - min(early, hard / 5)))
        setrlimit(resource, &limits)
    }

    private var resource: __rlimit_resource_t {
        let constant =
            switch self {
            case .addressSpace: RLIMIT_AS
            case .data: RLIMIT_DATA
            case .stack: RLIMIT_STACK
            case .openFiles: RLIMIT_NOFILE
            case .fileSize: RLIMIT_FSIZE
            case .processorTime: RLIMIT_CPU
            case .processes: __RLIMIT_NPROC
            }
        return __rlimit_resource_t(constant.rawValue)
    }

    private var limits: rlimit? {
        var limits = rlimit()
        return getrlimit(resource, &limits) == 0 ? limits : nil
    }

    private static func bounded(_ value: rlim_t) -> Int? { Int(exactly: value) }

    /// Bytes that currently count toward a memory limit, as Linux counts them.
    private var used: Int? {
        // Pages: size, resident, shared, text, library, data, dirty.
        let field: Int
        switch self {
        case .addressSpace: field = 0
        case .data: field = 5
        default: return nil
        }
        let words = SystemFile.text("/proc/self/statm").split(whereSeparator: \.isWhitespace)
        guard field < words.count, let pages = Int(words[field]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
