import Distributed
public import ExitCoding

/// An error that prevents a fan-out from starting, or made a trial fail.
public struct FanOutError: ExitCoded, Equatable, Sendable, CustomStringConvertible {
    /// Exit status of sysexits(3).
    public let exitCode: Int32
    /// Description of the problem: what, where, why, and what to do.
    public let description: String

    /// Makes an error, by default with the status of bad data.
    init(_ description: String, exitCode: Int32 = ExitStatus.badData) {
        self.description = description
        self.exitCode = exitCode
    }

    /// Text of `error` without its rank, because ranks of a group are not those of the job.
    static func text(of error: any Error) -> String {
        (error as? Agreement.Failure)?.message ?? "\(error)"
    }
}

/// The coordinator failed or is unreachable. This ends the job and is not a trial's fault.
struct CoordinatorError: ExitCoded, CustomStringConvertible {
    let cause: any Error
    var exitCode: Int32 { ExitStatus.of(cause) }
    var description: String { "the fan-out cannot go on: \(cause)" }

    /// Runs `body`, and rethrows its error as the coordinator's.
    static func wrapping<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as CoordinatorError {
            throw error
        } catch {
            throw CoordinatorError(cause: error)
        }
    }
}
