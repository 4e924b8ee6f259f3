import DurableFiles
import Glibc
import Reporting
import TemporaryDirectories
import Testing

/// Protection of a run directory against other runs, and of a run against a wrong start.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct GuardTests {
    @Test("a second job on a run directory is refused, and does no harm", arguments: [1, 2])
    func twoJobs(ranks: Int) throws {
        let run = try Run.tiny(steps: 1_000_000)
        let first = try run.start(ranks: ranks)
        try first.wait { !fileText(run.path("metrics.jsonl")).isEmpty }
        let second = try run.train(ranks: ranks)
        try second.require(78)
        #expect(second.errorLines(with: "is in use by process").count == 1, "\(second)")
        let steps = try run.steps().count
        try first.wait { (try? run.steps().count > steps) ?? false }
        kill(try #require(first.ranks.first), SIGTERM)
        try first.wait().require(75)
        #expect(try !Paths.exists(run.path(DirectoryLock.name)))
    }

    @Test("a configuration at the path of the run's own is not overwritten")
    func configurationOfAPerson() throws {
        let run = try Run.tiny(steps: 2)
        try Paths.createDirectory(run.directory)
        let path = run.path("config.yaml")
        try WholeFiles.writeAtomically(path, run.configuration)
        let refused = try run.train(ranks: 2)
        try refused.require(78)
        #expect(refused.errorLines(with: "was not written by a run").count == 1, "\(refused)")
        #expect(fileText(path) == run.configuration)
        try Paths.remove(path)
        try run.finish()
        try run.finish(ranks: 2)
    }

    @Test("a job that was killed does not keep its run directory")
    func killedHolder() throws {
        var run = try Run.tiny(steps: 1_000_000)
        let first = try run.start(ranks: 2)
        try first.wait { !fileText(run.path("metrics.jsonl")).isEmpty }
        for process in first.ranks { kill(process, SIGKILL) }
        _ = first.wait()
        #expect(try Paths.exists(run.path(DirectoryLock.name)))
        run.configuration = run.configuration.replacing("1000000", with: "3")
        try run.finish(ranks: 2)
        #expect(try !Paths.exists(run.path(DirectoryLock.name)))
        // No leftovers of creating locks.
        #expect(try Paths.names(in: run.directory).allSatisfy { !$0.hasPrefix(".") })
    }

    @Test("a run that waits for a lock can be stopped", arguments: [1, 2])
    func stoppedWaiting(ranks: Int) throws {
        let run = try Run.tiny()
        try Paths.createDirectory(run.directory)
        // A holder whose process cannot be queried is watched for two minutes.
        try WholeFiles.writeAtomically(run.path(DirectoryLock.name), "host elsewhere\n")
        let job = try run.start(ranks: ranks)
        try job.wait { job.output.contains("is locked by") }
        kill(try #require(job.ranks.last), SIGTERM)
        let outcome = job.wait()
        try outcome.require(75)
        #expect((outcome.output + outcome.errors).contains("was still locked"), "\(outcome)")
        #expect(try Paths.names(in: run.directory) == [DirectoryLock.name])
    }

    @Test("a run whose lock was taken ends before it publishes anything")
    func takenLock() throws {
        var run = try Run.tiny(steps: 1_000_000)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 50")
        let job = try run.start(ranks: 2)
        try job.wait { !fileText(run.path("metrics.jsonl")).isEmpty }
        try Paths.remove(run.path(DirectoryLock.name))
        let outcome = job.wait()
        try outcome.require(74)
        #expect(outcome.errorLines(with: "the lock is no longer this run's").count == 1)
    }

    @Test(
        "processes that a launcher started and that do not find each other are refused",
        arguments: [["SLURM_STEP_NUM_TASKS=4", "SLURM_PROCID=0"], ["OMPI_COMM_WORLD_SIZE=2"]])
    func singletons(variables: [String]) throws {
        let run = try Run.tiny()
        let command =
            ["env"] + variables + [Program.path("bert-train")] + (try run.arguments())
        let outcome = try RunningProgram(command, in: "/").wait()
        try outcome.require(78)
        #expect(outcome.errorLines(with: "each is alone").count == 1, "\(outcome)")
        #expect(try !Paths.exists(run.directory))
        guard variables.count > 1 else { return }
        // The others print nothing.
        let other = try RunningProgram(
            command.map { $0.replacing("PROCID=0", with: "PROCID=3") }, in: "/"
        ).wait()
        try other.require(78)
        #expect(other.errors.isEmpty, "\(other)")
    }

    @Test("a launcher's own words on a single process are no reason to refuse")
    func single() throws {
        let run = try Run.tiny(steps: 2)
        let command =
            ["env", "SLURM_STEP_NUM_TASKS=1", Program.path("bert-train")] + (try run.arguments())
        try RunningProgram(command, in: "/").wait().require()
        // mpirun in a SLURM job: SLURM's number is that of mpirun's helpers.
        let launched = Program.launcher + ["-n", "1", Program.path("bert-train")]
        try RunningProgram(
            ["env", "SLURM_STEP_NUM_TASKS=2"] + launched + (try run.arguments()), in: "/"
        ).wait().require()
    }

    @Test("a run directory that cannot be written: one message", arguments: [1, 3])
    func readOnly(ranks: Int) throws {
        let run = try Run.tiny()
        let place = TemporaryDirectory()
        let isMounted = mount("tmpfs", place.path, "tmpfs", UInt(MS_RDONLY), "size=64k") == 0
        if !isMounted { chmod(place.path, 0o555) }
        defer { if isMounted { umount2(place.path, Int32(MNT_DETACH)) } }
        guard isMounted || geteuid() != 0 else { return }
        for directory in [place.path, place.file("run")] {
            let arguments = try run.arguments().map { $0 == run.directory ? directory : $0 }
            let outcome = try Program.train(ranks: ranks, arguments)
            try outcome.require(74)
            #expect(outcome.errorLines(with: "bert-train: ").count == 1, "\(outcome)")
            #expect(outcome.errorLines(with: place.path).count == 1, "\(outcome)")
        }
    }
}
