import Checkpointing
import Configuration
import Corpus
import Distributed
import DurableFiles
import HDF5
import MPI
import Tokenization

/// Exit statuses of the programs, after sysexits(3).
public enum ExitStatus {
    /// Done.
    public static let success: Int32 = 0
    /// Data that are damaged, or that nothing can be made of.
    public static let badData: Int32 = 65
    /// A bug: an error that nobody foresaw.
    public static let bug: Int32 = 70
    /// Reading or writing failed.
    public static let inputOutput: Int32 = 74
    /// Settings that do not go together, or a run directory that is in use.
    public static let configuration: Int32 = 78
    /// Stopped as asked, after a checkpoint: run it again.
    public static let preempted: Int32 = 75

    /// The status that says what kind of error `error` is.
    public static func of(_ error: any Error) -> Int32 {
        switch error {
        case let error as TrainingError: error.exitCode
        case let error as ConfigurationError: error.exitCode
        case let error as CorpusError: error.exitCode
        case let error as CheckpointError: error.exitCode
        case let error as FileError: error.exitCode
        case is LockedError: configuration
        case let error as Agreement.Failure: error.exitCode
        case let error as VocabularyError: error.exitCode
        case let error as Tokenization.TrainingError: error.exitCode
        case let error as TextStreamError: error.exitCode
        case let error as HDF5Error: error.exitCode
        case is MPIError: inputOutput
        default: bug
        }
    }
}

extension Agreement {
    /// Runs `body` on this rank; if it fails on any, all throw the failure of the lowest one, with
    /// the exit status of its error.
    func jointly<Result>(_ body: () throws -> Result) throws -> Result {
        try together(exitCode: ExitStatus.of, body)
    }
}

extension Communicator {
    /// The text that `find` returns on rank 0, on all ranks; where it fails, all throw. Collective.
    func told(_ find: () throws -> String) throws -> String {
        let own = try Agreement(among: self).jointly { rank == 0 ? try find() : "" }
        return String(decoding: try broadcast(bytes: Array(own.utf8)), as: UTF8.self)
    }
}
