import FileNames
import Glibc

/// Pauses between retries, for five seconds in total.
///
/// Network file systems fail transiently: a server restarts, a handle goes stale. Only `ENOENT`
/// means that a file is missing; a program that treats other errors as that loses data.
public struct Patience: Sendable {
    private var microseconds: UInt32 = 10_000
    private static let longest: UInt32 = 2_560_000

    /// Starts the pauses of one operation.
    public init() {}

    /// Whether a call that failed with `code`, an `errno`, may succeed later.
    public static func isTransient(_ code: Int32) -> Bool {
        [
            EIO, EAGAIN, EINTR, ESTALE, ENOMEM, ETIMEDOUT, EBUSY, ENFILE, EMFILE, ENOBUFS, ENOLCK,
            EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ECONNRESET, ECONNREFUSED,
            ENOTCONN, ESHUTDOWN,
        ].contains(code)
    }

    /// Waits before the next attempt, longer each time.
    ///
    /// - Returns: false, immediately, after the last retry.
    public mutating func wait() -> Bool {
        guard microseconds <= Self.longest else { return false }
        usleep(microseconds)
        microseconds *= 2
        return true
    }

    /// Retries a system call after transient errors. `errno` is that of the last attempt.
    public static func call<Result: SignedInteger>(_ body: () -> Result) -> Result {
        var patience = Patience()
        while true {
            let result = body()
            guard result < 0 else { return result }
            let code = errno
            guard code != EINTR else { continue }
            guard isTransient(code), patience.wait() else {
                errno = code
                return result
            }
        }
    }

    /// Retries a system call on the file at `path`, which `body` receives as the system's bytes.
    public static func call<Result: SignedInteger>(
        _ path: String, _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        call { withSystemPath(path, body) }
    }

    /// Retries an operation after transient errors.
    static func retrying<Result: ~Copyable>(
        _ body: () throws(FileError) -> Result
    ) throws(FileError) -> Result {
        var patience = Patience()
        while true {
            do throws(FileError) {
                return try body()
            } catch {
                guard isTransient(error.systemError), patience.wait() else { throw error }
            }
        }
    }
}
