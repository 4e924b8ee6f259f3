import Glibc
import TemporaryDirectories

/// Failing system calls in a program: the library `Tests/Faults/failing-calls.c`.
struct FailingCalls {
    /// Names of calls, as in the library.
    var calls: [String]
    /// Part of the path of the files concerned.
    var path: String
    /// Index of the first call that fails; 0 for none.
    var from = 1
    /// Number of consecutive failures.
    var count = 1
    /// The error.
    var error = EIO
    /// File that receives a line for each call.
    var log: String?
    /// Minimum size of the affected memory, if `calls` contains `malloc` and `path` is part of a
    /// library's.
    var bytes = 1
    /// Seconds after the program's start before which no call counts.
    var after = 0
    /// The only affected rank; nil for every process.
    var rank: Int?
    /// Milliseconds of delay for each call, instead of failing.
    var delay = 0

    /// Variables that inject it into a program.
    var environment: [String] {
        [
            "LD_PRELOAD=\(Self.library ?? "")", "FAIL_CALLS=,\(calls.joined(separator: ",")),",
            "FAIL_PATH=\(path)", "FAIL_FROM=\(from)", "FAIL_COUNT=\(count)", "FAIL_ERRNO=\(error)",
            "FAIL_DELAY=\(delay)", "FAIL_AFTER=\(after)", "FAIL_BYTES=\(bytes)",
        ] + (log.map { ["FAIL_LOG=\($0)"] } ?? []) + (rank.map { ["FAIL_RANK=\($0)"] } ?? [])
    }

    /// The variables that set a program's time of day back by so many seconds, a second after its start.
    static func clock(setBack seconds: Int) -> [String] {
        ["LD_PRELOAD=\(library ?? "")", "CLOCK_BACK=\(seconds)"]
    }

    /// Whether a C compiler is available to build the library.
    static var isAvailable: Bool { library != nil }
    static let skipping = "SKIPPED: needs a C compiler (cc, clang or gcc)"

    private static let scratch = TemporaryDirectory()

    private static let library: String? = {
        let source = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let target = scratch.file("failing-calls.so")
        for compiler in ["cc", "clang", "gcc"] {
            let command = [
                compiler, "-O1", "-shared", "-fPIC", "-o", target,
                "/\(source)/Faults/failing-calls.c", "-ldl",
            ]
            if let outcome = try? RunningProgram(command, in: "/").wait(), outcome.status == 0 {
                return target
            }
        }
        return nil
    }()
}
