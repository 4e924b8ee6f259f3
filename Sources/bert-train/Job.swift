import ArgumentParser
import Distributed
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
            let environment = try MPIEnvironment()
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

    /// `parallel.timeout`'s default, until the configuration is known.
    private static let startTimeout = 600.0

    /// Whether this is rank 0, for what is to be said before there is a job: joins one to ask, and
    /// leaves it. Where there is no MPI, everybody is.
    static var isCoordinator: Bool {
        guard let environment = try? MPIEnvironment() else { return true }
        return environment.world.rank == 0
    }

    private static func execute(
        _ environment: borrowing MPIEnvironment, _ body: (borrowing MPIEnvironment) throws -> Int32
    ) -> Int32 {
        let world = environment.world
        do {
            try LaunchCheck.requireWholeJob(size: world.size)
            try Watchdog.start(among: world, timeout: Self.startTimeout) { text in
                report(text)
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
            MPIEnvironment.abort(code: status)
        }
    }

    private static func report(_ text: String) {
        var line = Array("bert-train: \(text)\n".utf8)
        _ = write(STDERR_FILENO, &line, line.count)
    }
}
