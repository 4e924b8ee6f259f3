import FileNames
import Glibc
import Synchronization

/// Touches a lock periodically, so that others see that its holder lives.
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

    /// Starts the thread. A lock without heartbeat is still one on this host.
    func start() {
        // Signals are the main thread's.
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

    /// Continues after errors, because they may pass and an untouched lock is taken over.
    private func run() {
        var hasFailed = false
        while true {
            sleep(seconds)
            guard !isOver.load(ordering: .relaxed) else { return }
            do {
                // One that another has taken is not to be kept alive: `requireHeld` tells.
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
