import DurableFiles
import Glibc
import Testing

/// A file of /proc, whose size is meaningless.
private func systemText(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
}

/// The processors of a process or thread, as /proc shows them.
private func allowed(_ process: String) -> Substring? {
    systemText("/proc/\(process)/status").split(separator: "\n").first {
        $0.hasPrefix("Cpus_allowed_list")
    }
}

/// The processors on which the ranks of a job run.
@Suite("pinning", .disabled(if: isLaunched, "starts jobs of its own")) struct PinningTests {
    @Test(
        "two ranks of one host run on different processors, unless disabled",
        .enabled(if: sysconf(Int32(_SC_NPROCESSORS_ONLN)) >= 2), arguments: [true, false])
    func pinned(isOn: Bool) throws {
        var run = try Run.tiny(steps: 2000)
        run.configuration = run.configuration.replacing(
            "parallel: {threads: 1}", with: "parallel: {pin: \(isOn)}")
        let job = try run.start(ranks: 2)
        try job.wait { job.output.contains("1/2000") }
        let masks = job.ranks.map { allowed("\($0)") }
        #expect(masks.count == 2 && (masks[0] != masks[1]) == isOn, "\(masks)")
        #expect(job.output.contains("pinned") == isOn)
    }

    /// Each checkpoint has its own threads; MPI also has a few, as old as the process.
    @Test(
        "threads that write checkpoints of pinned ranks run anywhere",
        .enabled(if: sysconf(Int32(_SC_NPROCESSORS_ONLN)) >= 2))
    func checkpoints() throws {
        var run = try Run.tiny(steps: 20_000)
        for (old, new) in [
            ("parallel: {threads: 1}", "parallel: {pin: true}"),
            ("checkpoint: {every_steps: 0", "checkpoint: {every_steps: 1"),
            ("keep_last: 0", "keep_last: 1"),
        ] { run.configuration = run.configuration.replacing(old, with: new) }
        let job = try run.start(ranks: 2)
        try job.wait { ((try? run.steps().count) ?? 0) > 0 }
        #expect(job.output.contains("pinned"))
        let everywhere = allowed("self")
        var threads: Set<String> = []
        try job.wait {
            for rank in job.ranks {
                let names = (try? Paths.names(in: "/proc/\(rank)/task")) ?? []
                threads.formUnion(names.filter { allowed("\(rank)/task/\($0)") == everywhere })
            }
            return threads.count > 20
        }
    }
}
