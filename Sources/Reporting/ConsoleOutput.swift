public import DurableFiles
import Glibc

/// Destination of a reporter's text.
public protocol ConsoleOutput {
    /// Whether a line can be redrawn.
    var isTerminal: Bool { get }
    /// Current width of the terminal; it may change between calls.
    var columns: Int { get }
    /// Current height of the terminal.
    var lines: Int { get }
    /// Writes unbuffered.
    func write(_ text: String)
    /// First failed write; nil if all succeeded.
    var failure: FileError? { get }
}

/// A file descriptor of this process as console, also when started by an MPI launcher.
///
/// `mpirun` gives its processes pipes and copies what they write to its own standard output. If
/// that is a terminal (detected in /proc, so only on the launcher's own machine), this is treated
/// as one, too.
public final class StandardOutput: ConsoleOutput {
    private let descriptor: Int32
    /// Descriptor of the terminal, to query its size, or -1.
    private let terminal: Int32
    private let ownsTerminal: Bool
    /// First failed write.
    public private(set) var failure: FileError?

    /// Writes to standard output, or to another open descriptor.
    public init(descriptor: Int32 = 1) {
        self.descriptor = descriptor
        if isatty(descriptor) == 1 {
            terminal = descriptor
            ownsTerminal = false
        } else {
            terminal = StandardOutput.isPipe(descriptor) ? LauncherTerminal.open(descriptor) : -1
            ownsTerminal = terminal >= 0
        }
    }

    deinit { if ownsTerminal { close(terminal) } }

    /// Whether the output is a terminal.
    public var isTerminal: Bool { terminal >= 0 }

    /// Current width; 80 if unknown.
    public var columns: Int { size.ws_col > 0 ? Int(size.ws_col) : 80 }

    /// Current height; 24 if unknown.
    public var lines: Int { size.ws_row > 0 ? Int(size.ws_row) : 24 }

    private var size: winsize {
        var size = winsize()
        guard terminal >= 0, ioctl(terminal, UInt(TIOCGWINSZ), &size) == 0 else {
            return winsize()
        }
        return size
    }

    /// Writes unbuffered. A closed or full output must not stop training, so errors are only
    /// recorded; commands that print a result check `failure`. A reader that closed the pipe has
    /// read what it wanted.
    public func write(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                if failure == nil, errno != EPIPE {
                    failure = FileError(
                        .inputOutput, "standard output",
                        "cannot write it: \(String(cString: strerror(errno)))")
                }
                return
            }
            done += count
        }
    }

    private static func isPipe(_ descriptor: Int32) -> Bool {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { return false }
        let kind = information.st_mode & S_IFMT
        return kind == S_IFIFO || kind == S_IFSOCK
    }
}
