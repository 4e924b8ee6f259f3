import Glibc

/// What the handler needs, set before the alarm is: it must not allocate.
nonisolated(unsafe) private var alarmStatus: Int32 = 0
nonisolated(unsafe) private var alarmText: UnsafeMutablePointer<CChar>?

/// A limit for calls that cannot be polled: if they do not return, the process ends.
enum Alarm {
    /// Ends the process with `status`, after printing `text`, unless ``clear()`` is called within
    /// `seconds`. Belongs to the main thread, as the calls it guards do.
    static func set(seconds: UInt32, status: Int32, text: String) {
        clear()
        alarmStatus = status
        alarmText = strdup(text)
        // A launcher may have left the signal blocked.
        var only = sigset_t()
        sigemptyset(&only)
        sigaddset(&only, SIGALRM)
        sigprocmask(SIG_UNBLOCK, &only, nil)
        signal(SIGALRM) { _ in
            if let alarmText { _ = write(STDERR_FILENO, alarmText, strlen(alarmText)) }
            _exit(alarmStatus)
        }
        alarm(max(1, seconds))
    }

    /// Calls it off.
    static func clear() {
        // The text is not freed: another thread may just be in the handler. There are hardly any.
        alarm(0)
        alarmText = nil
    }
}
