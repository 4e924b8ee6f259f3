import Glibc
public import MPI

/// The MPI job of the test process. MPI can be initialised once per process, so all suites share this one.
///
/// Test bodies run on the main actor, whose thread is the main one: the only thread that may call
/// MPI. Under mpirun all ranks run the same tests in the same order (`--no-parallel`); in a plain
/// `swift test` the job has one rank.
@MainActor public enum TestJob {
    /// All ranks of the job.
    public static var world: Communicator { job.world }
    /// This rank alone.
    public static var alone: Communicator { job.alone }

    private static let job: (world: Communicator, alone: Communicator) = {
        do {
            let started = try MPIEnvironment()
            let job = (world: started.world, alone: started.alone)
            environment = consume started
            // A global is never destroyed, so the job is left here; otherwise mpirun would report a
            // crash.
            atexit { environment = nil }
            return job
        } catch {
            fatalError("cannot initialise MPI: \(error)")
        }
    }()

    /// Whether a launcher (MPICH's, Slurm's or Open MPI's) started this process as one of several
    /// ranks. Tests that start processes are then disabled, because a child would inherit its
    /// parent's rank in the job.
    public nonisolated static var isLaunched: Bool {
        let names = ["PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK"]
        return names.contains { name in getenv(name) != nil }
    }

    /// Runs `body` on each kind of communicator, in the same order on all ranks: this rank alone, the world, a
    /// duplicate, the world backwards, the even and the odd ranks, and all but the last rank.
    public static func forEachCommunicator(
        _ body: (_ communicator: Communicator, _ name: String) throws -> Void
    ) throws {
        let world = Self.world
        try body(alone, "alone")
        try body(world, "world")
        try body(world.duplicate(), "duplicate")
        if let reversed = try world.split(color: 0, key: -world.rank) {
            try body(reversed, "reversed")
        }
        if let half = try world.split(color: world.rank % 2) { try body(half, "even or odd") }
        let isLast = world.rank == world.size - 1
        if let butLast = try world.split(color: isLast ? nil : 0) { try body(butLast, "but last") }
    }
}

/// The environment, kept alive until the process ends. Accessed on the main thread only.
nonisolated(unsafe) private var environment: MPIEnvironment?
