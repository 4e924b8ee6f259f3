import Glibc

/// Pauses between the attempts at something that may work a moment later, for five seconds in all.
///
/// Network file systems fail for moments: a server restarts, a handle goes stale. Only `ENOENT` says
/// that something is not there; whoever takes another error for that loses what is.
public struct Patience: Sendable {
    private var microseconds: UInt32 = 10_000
    private static let longest: UInt32 = 2_560_000

    /// Patience for one operation.
    public init() {}

    /// Whether the system may succeed where it has just failed with `code`, an `errno`.
    public static func isTransient(_ code: Int32) -> Bool {
        [
            EIO, EAGAIN, EINTR, ESTALE, ENOMEM, ETIMEDOUT, EBUSY, ENFILE, EMFILE, ENOBUFS, ENOLCK,
            EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ECONNRESET, ECONNREFUSED,
            ENOTCONN, ESHUTDOWN,
        ].contains(code)
    }

    /// Waits before the next attempt, longer each time.
    ///
    /// - Returns: false, at once, where there were enough of them.
    public mutating func wait() -> Bool {
        guard microseconds <= Self.longest else { return false }
        usleep(microseconds)
        microseconds *= 2
        return true
    }

    /// Repeats a system call while it fails for a moment. `errno` is that of the last attempt.
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

    /// Repeats an operation while it fails for a moment.
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
