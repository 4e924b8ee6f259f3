import DurableFiles
import Glibc
import Synchronization
import TemporaryDirectories
import Testing

/// One process at a time holds a directory's lock, and a dead holder's lock is released.
struct DirectoryLockTests {
    private let scratch = TemporaryDirectory()
    private var path: String { scratch.file(DirectoryLock.name) }

    /// Polls until the lock is acquired; fails as `poll` does.
    private func acquire(staleSeconds: Double = 120) throws -> DirectoryLock {
        var attempt = LockAttempt(scratch.path, staleSeconds: staleSeconds)
        while true {
            if let lock = try attempt.poll() { return lock }
            usleep(20_000)
        }
    }

    /// Contents of a lock of this process, with some lines replaced.
    private func holder(_ lines: [String: String]) -> String {
        LockHolder.current().fileText.split(separator: "\n").map { line in
            let key = String(line.prefix { $0 != " " })
            return lines[key].map { "\(key) \($0)" } ?? String(line)
        }.joined(separator: "\n") + "\n"
    }

    @Test("exists while it is held, and not afterwards")
    func released() throws {
        do {
            let lock = try acquire()
            try lock.requireHeld()
            #expect(try Paths.kind(of: path) == .file)
            #expect(try Paths.names(in: scratch.path) == [DirectoryLock.name])
        }
        #expect(try Paths.names(in: scratch.path).isEmpty)
    }

    @Test("a live holder keeps it")
    func alive() throws {
        let lock = try acquire()
        let error = #expect(throws: LockedError.self) { _ = try acquire() }
        #expect(error?.description.contains("process \(getpid())") == true)
        try lock.requireHeld()
    }

    @Test(
        "a dead holder does not keep it",
        arguments: [
            // Beyond the largest process number; another start time; another boot of the machine.
            ["process": "4194305"], ["started": "1"], ["boot": "another"],
        ])
    func dead(_ lines: [String: String]) throws {
        try WholeFiles.writeAtomically(path, holder(lines))
        let lock = try acquire()
        try lock.requireHeld()
        #expect(try Paths.names(in: scratch.path) == [DirectoryLock.name])
    }

    @Test(
        "a holder elsewhere is known by its heartbeat alone",
        arguments: [
            ["host": "elsewhere"], ["namespace": "pid:[1]"], ["host": "", "process": "none"],
        ])
    func elsewhere(_ lines: [String: String]) throws {
        try WholeFiles.writeAtomically(path, holder(lines))
        var attempt = LockAttempt(scratch.path)
        #expect(try attempt.poll() == nil)
        #expect(attempt.watchedHolder != nil)
        // It has a heartbeat, so it is alive.
        usleep(50_000)
        utimensat(AT_FDCWD, path, nil, 0)
        #expect(throws: LockedError.self) { _ = try attempt.poll() }
        // It no longer has a heartbeat.
        _ = try acquire(staleSeconds: 0.5)
    }

    @Test("a lock that has not beaten for long goes at once", arguments: ["", "garbage\0\n", "x"])
    func old(text: String) throws {
        try WholeFiles.writeAtomically(path, text)
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        utimensat(AT_FDCWD, path, &times, 0)
        var attempt = LockAttempt(scratch.path)
        let lock = try #require(try attempt.poll())
        try lock.requireHeld()
    }

    @Test("an earlier start of the same job is over, a later one and others are not")
    func jobs() {
        func verdict(_ job: String, _ observer: String) -> LockHolder.Verdict {
            var own = LockHolder.current()
            own.job = observer
            return LockHolder(fileText: holder(["job": job, "host": "elsewhere"]))
                .verdict(seenFrom: own)
        }
        #expect(verdict("42.0", "42.1") == .dead)
        #expect(verdict("42.1", "42.1") == .unknown)
        #expect(verdict("42.2", "42.1") == .unknown)
        #expect(verdict("41.0", "42.1") == .unknown)
        #expect(verdict("", "42.1") == .unknown)
    }

    @Test("a holder finds that its lock was taken")
    func taken() throws {
        let lock = try acquire()
        try WholeFiles.writeAtomically(path, holder(["token": "other"]))
        #expect(throws: LostLockError.self) { try lock.requireHeld() }
        unlink(path)
        #expect(throws: LostLockError.self) { try lock.requireHeld() }
    }

    @Test("the heartbeat touches it, and ends with it")
    func heartbeat() throws {
        var attempt = LockAttempt(scratch.path, heartbeatSeconds: 1)
        let lock = try #require(try attempt.poll())
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        utimensat(AT_FDCWD, path, &times, 0)
        var information = stat()
        repeat {
            usleep(50_000)
            try #require(stat(path, &information) == 0)
        } while information.st_mtim.tv_sec == 1
        try lock.requireHeld()
    }

    @Test("many that find a dead holder at once: one at a time gets it")
    func race() async throws {
        try WholeFiles.writeAtomically(path, holder(["process": "4194305"]))
        let holders = Holders()
        let directory = scratch.path
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<25 {
                        // Each leaves a dead holder's lock, which the next ones compete for.
                        var attempt = LockAttempt(directory)
                        while true {
                            do {
                                guard let lock = try attempt.poll() else { continue }
                                holders.enter()
                                usleep(500)
                                holders.leave()
                                withExtendedLifetime(lock) {}
                                break
                            } catch {
                                attempt = LockAttempt(directory)
                            }
                        }
                    }
                }
            }
        }
        #expect(holders.most == 1)
    }

    /// Counts how many hold the lock at once.
    private final class Holders: Sendable {
        private let now = Atomic<Int>(0)
        private let highest = Atomic<Int>(0)

        var most: Int { highest.load(ordering: .relaxed) }

        func enter() {
            highest.max(now.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
        }

        func leave() { now.subtract(1, ordering: .relaxed) }
    }
}
