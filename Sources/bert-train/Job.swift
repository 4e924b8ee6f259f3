import ArgumentParser
import Distributed
import DurableFiles
import ExitCoding
import Glibc
import Kernels
import MPI
import OperatingSystem
import Runtime

/// The edge of the program: the one place where an error becomes a message and an exit status.
enum Job {
    /// Runs `body` on every rank.
    ///
    /// A failure that all ranks know of is printed by rank 0, and all exit with its status. Any
    /// other failure is one rank's own: it prints the cause and ends the whole job.
    static func run(_ body: (borrowing MPIEnvironment) throws -> Int32) throws {
        // A reader that goes away (`| head`) is no reason to stop training.
        signal(SIGPIPE, SIG_IGN)
        if let warning = MPIEnvironment.startWarning { report(warning) }
        let status: Int32
        do {
            let environment = try MPIEnvironment(timeout: startTimeout)
            try LaunchCheck.requireWholeJob(size: environment.world.size)
            endJobOnShortage(rank: environment.world.rank)
            status = execute(environment, body)
            // All ranks are here: those that fail alone have ended the job.
            fflush(nil)
            environment.leave(status: status)
        } catch {
            status = ExitStatus.of(error)
            // A failure of MPI is one process's own, and a limit or a library may be one host's.
            if error is MPIError || error is MPIStartError || LaunchCheck.isFirst() {
                report("\(error)")
                usleep(printingTime)
            }
        }
        if status != ExitStatus.success { throw ExitCode(status) }
    }

    /// A rank that gets no memory or thread takes the others along.
    private static func endJobOnShortage(rank: Int) {
        Shortage.onEnd { text, status in
            if rank > 0 { usleep(rankZeroTime) }
            report("rank \(rank) on \(MPIEnvironment.processorName): \(text)")
            usleep(printingTime)
            MPIEnvironment.abort(code: status)
        }
    }

    /// Microseconds by which rank 0 goes first, so that a cause that all ranks have is printed once.
    private static let rankZeroTime: UInt32 = 300_000

    /// Microseconds in which the launcher passes on what was just printed: ending the others
    /// outruns that.
    private static let printingTime: UInt32 = 500_000

    /// `parallel.timeout`'s default, until the configuration is known, or what the environment says.
    private static var startTimeout: UInt32 {
        getenv("BERT_START_TIMEOUT").flatMap { UInt32(String(cString: $0)) } ?? 600
    }

    /// Prints by one rank what all have to say that have not joined a job yet and will end with
    /// `status`. To ask who is rank 0, one is joined and left; where there is no MPI, everybody is.
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
