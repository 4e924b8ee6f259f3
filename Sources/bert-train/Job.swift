import ArgumentParser
import Distributed
import DurableFiles
import ExitCoding
import Glibc
import Kernels
import MPI
import OperatingSystem
import Runtime

/// The only place where an error becomes a message and an exit status.
enum Job {
    /// Runs `body` on every rank.
    ///
    /// A failure known to all ranks is printed by rank 0, and all exit with its status. Any other
    /// failure belongs to one rank, which prints the cause and ends the whole job.
    static func run(_ body: (borrowing MPIEnvironment) throws -> Int32) throws {
        // A reader that closes the pipe (`| head`) must not stop training.
        signal(SIGPIPE, SIG_IGN)
        if let warning = MPIEnvironment.startWarning { report(warning) }
        let status: Int32
        do {
            let environment = try MPIEnvironment(timeout: startTimeout)
            try LaunchCheck.requireWholeJob(size: environment.world.size)
            endJobOnShortage(rank: environment.world.rank)
            status = execute(environment, body)
            // All ranks are here, because those that fail alone have ended the job.
            fflush(nil)
            environment.leave(status: status)
        } catch {
            status = ExitStatus.of(error)
            // A failure of MPI belongs to one process, and a limit or a library may be that of one
            // host.
            if error is MPIError || error is MPIStartError || LaunchCheck.isFirst() {
                report("\(error)")
                usleep(printingTime)
            }
        }
        if status != ExitStatus.success { throw ExitCode(status) }
    }

    /// Makes a rank that cannot get memory or a thread end the other ranks, too.
    private static func endJobOnShortage(rank: Int) {
        Shortage.onEnd { text, status in
            if rank > 0 { usleep(rankZeroTime) }
            report("rank \(rank) on \(MPIEnvironment.processorName): \(text)")
            usleep(printingTime)
            MPIEnvironment.abort(code: status)
        }
    }

    /// Microseconds by which rank 0 precedes the others, so that a cause common to all ranks is
    /// printed once.
    private static let rankZeroTime: UInt32 = 300_000

    /// Microseconds for the launcher to forward the message just printed, which ending the other
    /// ranks would overtake.
    private static let printingTime: UInt32 = 500_000

    /// Default of `parallel.timeout` until the configuration is known, or the environment's value.
    private static var startTimeout: UInt32 {
        getenv("BERT_START_TIMEOUT").flatMap { UInt32(String(cString: $0)) } ?? 600
    }

    /// Prints a message, on one rank, that is common to all ranks before they have joined a job,
    /// and that ends them with `status`. A job is joined and left to determine rank 0; without MPI,
    /// every process prints it.
    static func sayOnce(_ text: String, status: Int32) {
        guard !MPIEnvironment.wasInitialized,
            let environment = try? MPIEnvironment(timeout: startTimeout)
        else {
            return say(text, status: status)
        }
        if environment.world.rank == 0 { say(text, status: status) }
        environment.leave(status: status)
    }

    private static func say(_ text: String, status: Int32) {
        if status == ExitStatus.success {
            try? StandardStreams.writeLine(text)
        } else {
            StandardStreams.tell(text)
        }
    }

    private static func execute(
        _ environment: borrowing MPIEnvironment, _ body: (borrowing MPIEnvironment) throws -> Int32
    ) -> Int32 {
        let world = environment.world
        do {
            try Agreement(among: world).throwingTogether {
                try InstructionSet.supported.checkLibraries()
            }
            try Watchdog.start(among: world, timeout: Double(Self.startTimeout)) { text in
                report(text)
            }
            if world.size > 1 {
                var inputs = SharedInputs()
                ProgramIdentity.add(to: &inputs)
                try inputs.requireEqual(among: world)
            }
            return try body(environment)
        } catch let failure as Agreement.Failure {
            if world.rank == 0 { report(failure.message) }
            return failure.exitCode
        } catch {
            let status = ExitStatus.of(error)
            guard world.size > 1 else {
                report("\(error)")
                return status
            }
            if world.rank > 0 { usleep(rankZeroTime) }
            report("rank \(world.rank) on \(MPIEnvironment.processorName): \(error)")
            usleep(printingTime)
            MPIEnvironment.abort(code: status)
        }
    }

    private static func report(_ text: String) {
        StandardStreams.tell("bert-train: \(text)")
    }
}
