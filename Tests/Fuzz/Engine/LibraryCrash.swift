import Glibc

/// Distinguishes crashes and endless loops inside the HDF5 library, whose faults are not this
/// project's, from all others.
///
/// HDF5 1.10 reads some metadata without checking it. This is a documented limit
/// (docs/checkpoints.md), so such cases are counted separately.
enum LibraryCrash {
    /// End of a worker's standard error in that case.
    static let mark = "ended inside libhdf5"

    private typealias Backtrace =
        @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int32) -> Int32

    /// Addresses of the libraries in memory, and the C library's `backtrace`, because none of this
    /// may be looked up in a signal handler.
    private struct Places {
        let backtrace: Backtrace?
        var library: [Range<UInt>] = []
        var system: [Range<UInt>] = []

        init() {
            backtrace = unsafeBitCast(dlsym(nil, "backtrace"), to: Backtrace?.self)
            let maps = (try? ScratchFiles.lines(of: "/proc/self/maps")) ?? []
            for line in maps {
                let ends = line.prefix { $0 != " " }.split(separator: "-")
                guard ends.count == 2, let start = UInt(ends[0], radix: 16),
                    let end = UInt(ends[1], radix: 16)
                else { continue }
                if line.contains("/libhdf5") { library.append(start..<end) }
                if line.contains("/libc.so") || line.contains("/libc-") {
                    system.append(start..<end)
                }
            }
        }

        /// Whether the first frame below the C library's belongs to the library, starting at the
        /// signal.
        func isInLibrary() -> Bool {
            guard let backtrace else { return false }
            return withUnsafeTemporaryAllocation(
                of: UnsafeMutableRawPointer?.self, capacity: 64
            ) { frames in
                guard let base = frames.baseAddress else { return false }
                let addresses = frames[..<Int(backtrace(base, 64))].lazy.map {
                    UInt(bitPattern: $0)
                }
                // The handler's own frames come first, then the C library's that called it.
                let interrupted = addresses.drop { address in
                    !system.contains { $0.contains(address) }
                }
                let culprit = interrupted.first { address in
                    !system.contains { $0.contains(address) }
                }
                return culprit.map { address in library.contains { $0.contains(address) } } ?? false
            }
        }
    }

    private static let places = Places()

    /// From now on, a crash reports its origin.
    static func watch() {
        _ = places
        // The first call loads a library.
        _ = places.isInLibrary()
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            if LibraryCrash.places.isInLibrary() {
                _ = LibraryCrash.mark.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            }
            signal(number, SIG_DFL)
            raise(number)
        }
        for number in [SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGPROF] {
            sigaction(number, &action, nil)
        }
    }
}
