import FileNames
import Glibc
import Synchronization

/// Touches a lock periodically, so that others see that its holder is alive.
final class Heartbeat: Sendable {
    private let path: String
    private let token: String
    private let seconds: UInt32
    private let warn: @Sendable (String) -> Void
    private let isOver = Atomic<Bool>(false)

    init(
        path: String, token: String, seconds: UInt32, warn: @escaping @Sendable (String) -> Void
    ) {
        (self.path, self.token, self.seconds) = (path, token, seconds)
        self.warn = warn
    }

    /// Starts the thread. On this host, a lock is valid even without heartbeat.
    func start() {
        // The main thread handles signals.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Heartbeat>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        if code == 0 {
            pthread_detach(thread)
        } else {
            context.release()
            warn("\(path): cannot start its heartbeat: \(String(cString: strerror(code)))")
        }
    }

    func stop() { isOver.store(true, ordering: .relaxed) }

    /// Continues after errors, because they may be transient and an untouched lock is taken over.
    private func run() {
        var hasFailed = false
        while true {
            sleep(seconds)
            guard !isOver.load(ordering: .relaxed) else { return }
            do {
                // A lock taken by another process must not be kept alive; `requireHeld` reports it.
                guard try LockFile.holder(path)?.token == token else { return }
                let code = Patience.call {
                    withSystemPath(path) { utimensat(AT_FDCWD, $0, nil, 0) }
                }
                guard code == 0 else {
                    throw FileError.system(path, "touch the lock", isWriting: true)
                }
                if hasFailed { warn("\(path): the heartbeat of the lock works again") }
                hasFailed = false
            } catch {
                if !hasFailed {
                    warn("\(error): others may take the lock over if this lasts; retrying")
                }
                hasFailed = true
            }
        }
    }
}
