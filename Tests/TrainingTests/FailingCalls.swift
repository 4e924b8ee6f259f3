import Glibc
import TemporaryDirectories

/// System calls that fail in a program: the library `Tests/Faults/failing-calls.c`.
struct FailingCalls {
    /// Names of calls, as in the library.
    var calls: [String]
    /// Part of the path of the files concerned.
    var path: String
    /// The first that fails; 0: none.
    var from = 1
    /// How many fail in a row.
    var count = 1
    /// With which error.
    var error = EIO
    /// Gets a line for each call.
    var log: String?

    /// The variables that put it into a program.
    var environment: [String] {
        [
            "LD_PRELOAD=\(Self.library ?? "")", "FAIL_CALLS=,\(calls.joined(separator: ",")),",
            "FAIL_PATH=\(path)", "FAIL_FROM=\(from)", "FAIL_COUNT=\(count)", "FAIL_ERRNO=\(error)",
        ] + (log.map { ["FAIL_LOG=\($0)"] } ?? [])
    }

    /// Whether there is a C compiler to make the library with.
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
