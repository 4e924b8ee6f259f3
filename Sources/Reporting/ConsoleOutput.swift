public import DurableFiles
import Glibc

/// The destination of a reporter's text.
public protocol ConsoleOutput {
    /// Whether a line can be redrawn there.
    var isTerminal: Bool { get }
    /// The terminal's width now; it may change from call to call.
    var columns: Int { get }
    /// The terminal's height now.
    var lines: Int { get }
    /// Writes at once.
    func write(_ text: String)
    /// The first failed write; nil if all succeeded.
    var failure: FileError? { get }
}

/// A file descriptor of this process as console, also behind an MPI launcher.
///
/// `mpirun` gives its processes pipes and copies what they write to its own standard output. Where
/// that is a terminal (seen in /proc, so only on the launcher's own machine), this is one too.
public final class StandardOutput: ConsoleOutput {
    private let descriptor: Int32
    /// The terminal to ask for its width, or -1.
    private let terminal: Int32
    private let ownsTerminal: Bool
    /// The first failure of a write.
    public private(set) var failure: FileError?

    /// Standard output, or another open descriptor.
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

    /// Whether a person looks at it.
    public var isTerminal: Bool { terminal >= 0 }

    /// The width now; 80 where nobody knows.
    public var columns: Int { size.ws_col > 0 ? Int(size.ws_col) : 80 }

    /// The height now; 24 where nobody knows.
    public var lines: Int { size.ws_row > 0 ? Int(size.ws_row) : 24 }

    private var size: winsize {
        var size = winsize()
        guard terminal >= 0, ioctl(terminal, UInt(TIOCGWINSZ), &size) == 0 else {
            return winsize()
        }
        return size
    }

    /// Writes at once. A closed or full output is no reason to stop training, so errors pass; who
    /// prints a result looks at `failure`. A reader that went away has what it wanted.
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
