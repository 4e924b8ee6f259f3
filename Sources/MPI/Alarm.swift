import Glibc

/// State of the handler, set before the alarm is, because the handler must not allocate.
nonisolated(unsafe) private var alarmStatus: Int32 = 0
nonisolated(unsafe) private var alarmText: UnsafeMutablePointer<CChar>?
nonisolated(unsafe) private var alarmLauncher: Int32?

/// A time limit for calls that cannot be polled: if they do not return, the process ends.
enum Alarm {
    /// Ends the process with `status`, after writing `text`, unless ``clear()`` is called within
    /// `seconds`. Only for the main thread, which makes the calls it guards.
    ///
    /// - Parameter launcher: a descriptor that receives the text instead of standard error. Its
    ///   reader is expected to end the process; otherwise the alarm does, two seconds later.
    static func set(seconds: UInt32, status: Int32, text: String, to launcher: Int32? = nil) {
        clear()
        alarmStatus = status
        alarmText = strdup(text)
        alarmLauncher = launcher
        // A launcher may have left the signal blocked.
        var only = sigset_t()
        sigemptyset(&only)
        sigaddset(&only, SIGALRM)
        sigprocmask(SIG_UNBLOCK, &only, nil)
        signal(SIGALRM) { _ in
            if let alarmText {
                _ = write(alarmLauncher ?? STDERR_FILENO, alarmText, strlen(alarmText))
            }
            if alarmLauncher != nil { sleep(2) }
            _exit(alarmStatus)
        }
        alarm(max(1, seconds))
    }

    /// Cancels the alarm.
    static func clear() {
        // The text is not freed, because another thread may be in the handler. There are few such
        // texts.
        alarm(0)
        alarmText = nil
    }
}
