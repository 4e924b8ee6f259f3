import Glibc

/// What the handler needs, set before the alarm is: it must not allocate.
nonisolated(unsafe) private var alarmStatus: Int32 = 0
nonisolated(unsafe) private var alarmText: UnsafeMutablePointer<CChar>?
nonisolated(unsafe) private var alarmLauncher: Int32?

/// A limit for calls that cannot be polled: if they do not return, the process ends.
enum Alarm {
    /// Ends the process with `status`, after writing `text`, unless ``clear()`` is called within
    /// `seconds`. Belongs to the main thread, as the calls it guards do.
    ///
    /// - Parameter launcher: a descriptor that gets the text instead of standard error, from where
    ///   an end is expected that comes before this one, two seconds later.
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

    /// Calls it off.
    static func clear() {
        // The text is not freed: another thread may just be in the handler. There are hardly any.
        alarm(0)
        alarmText = nil
    }
}
