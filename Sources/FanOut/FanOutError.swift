import FineTuning
import Training

/// Why a fan-out cannot start, or a trial failed.
public struct FanOutError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The exit status of sysexits(3) that fits.
    public let exitCode: Int32
    /// What, where, why, and what to do.
    public let description: String

    /// A failure with the status of bad data, unless said else.
    init(_ description: String, exitCode: Int32 = 65) {
        self.description = description
        self.exitCode = exitCode
    }

    /// The status that says what kind of error `error` is.
    static func status(of error: any Error) -> Int32 {
        switch error {
        case let error as FanOutError: error.exitCode
        case let error as TaskDataError: error.exitCode
        default: ExitStatus.of(error)
        }
    }
}
