import ArgumentParser
import Distributed
import ExitCoding
import Glibc
import MPI
import Training

/// The edge of the program: the one place where an error becomes a message and an exit status.
enum Job {
    /// Runs `body` on every rank.
    ///
    /// A failure that all ranks know of is printed by rank 0, and all exit with its status. Any
    /// other failure is one rank's own: it prints the cause and ends the whole job.
    static func run(_ body: (borrowing MPIEnvironment) throws -> Int32) throws {
        // A reader that goes away (`| head`) is no reason to stop training.
        signal(SIGPIPE, SIG_IGN)
        let status: Int32
        do {
            let environment = try MPIEnvironment(timeout: startTimeout)
            status = execute(environment, body)
            // All ranks are here: those that fail alone have ended the job.
            fflush(nil)
            environment.leave(status: status)
        } catch {
            report("\(error)")
            status = ExitStatus.of(error)
        }
        if status != ExitStatus.success { throw ExitCode(status) }
    }

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
        var line = Array("\(text)\n".utf8)
        let stream = status == ExitStatus.success ? STDOUT_FILENO : STDERR_FILENO
        _ = write(stream, &line, line.count)
    }

    private static func execute(
        _ environment: borrowing MPIEnvironment, _ body: (borrowing MPIEnvironment) throws -> Int32
    ) -> Int32 {
        let world = environment.world
        do {
            try LaunchCheck.requireWholeJob(size: world.size)
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
            // Rank 0 goes first, so that a cause that all ranks have is printed once.
            if world.rank > 0 { usleep(300_000) }
            report("rank \(world.rank) on \(MPIEnvironment.processorName): \(error)")
            // Aborting outruns the launcher's passing on of what was just printed.
            usleep(500_000)
            MPIEnvironment.abort(code: status)
        }
    }

    private static func report(_ text: String) {
        var line = Array("bert-train: \(text)\n".utf8)
        _ = write(STDERR_FILENO, &line, line.count)
    }
}
