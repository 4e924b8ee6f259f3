import FoundationEssentials
import Glibc

/// A new directory that is deleted, with everything in it, at the end of this value's life.
///
/// All of a process lie in one, below `TMPDIR` or else `/tmp`, which is deleted at the end of the
/// process: globals, and what is alive at a call of `exit`, never come to the end of their lives.
public final class TemporaryDirectory: Sendable {
    /// Absolute, without symbolic links.
    public let path: String

    /// What all of this process lie in, and the process: a fork of it must not delete them.
    private static let root: (path: String, process: pid_t) = {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        guard let resolved = realpath(parent, nil) else { fail(parent) }
        defer { free(resolved) }
        let path = create("\(String(cString: resolved))/bert-tests-")
        atexit {
            if getpid() == root.process { try? FileManager.default.removeItem(atPath: root.path) }
        }
        return (path, getpid())
    }()

    /// An empty directory.
    public init() { path = Self.create("\(Self.root.path)/") }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private static func create(_ prefix: String) -> String {
        var template = Array("\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fail(prefix) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func fail(_ place: String) -> Never {
        let reason = String(cString: strerror(errno))
        fatalError("no temporary directory at \(place): \(reason); check TMPDIR")
    }

    /// The path of `name` in it.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ name: String, _ bytes: some Collection<UInt8>) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String {
        try write(name, text.utf8)
    }

    /// The bytes of a file.
    public func bytes(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(filePath: file(name))))
    }

    /// The text of a file.
    public func text(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }
}

/// Gives `body` the path of a new directory, which is deleted with everything in it afterwards.
public func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = TemporaryDirectory()
    return try withExtendedLifetime(directory) { try body(directory.path) }
}
