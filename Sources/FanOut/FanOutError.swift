import Distributed
public import ExitCoding

/// Why a fan-out cannot start, or a trial failed.
public struct FanOutError: ExitCoded, Equatable, Sendable, CustomStringConvertible {
    /// The exit status of sysexits(3) that fits.
    public let exitCode: Int32
    /// What, where, why, and what to do.
    public let description: String

    /// A failure with the status of bad data, unless said else.
    init(_ description: String, exitCode: Int32 = ExitStatus.badData) {
        self.description = description
        self.exitCode = exitCode
    }

    /// What `error` says, without the rank that said it: ranks of a group are not those of the job.
    static func text(of error: any Error) -> String {
        (error as? Agreement.Failure)?.message ?? "\(error)"
    }
}

/// The coordinator cannot go on, or cannot be reached: the end of the job, and no trial's fault.
struct CoordinatorError: ExitCoded, CustomStringConvertible {
    let cause: any Error
    var exitCode: Int32 { ExitStatus.of(cause) }
    var description: String { "the fan-out cannot go on: \(cause)" }

    /// Runs `body`; what it throws is the coordinator's.
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
