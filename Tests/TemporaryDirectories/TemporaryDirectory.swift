import FileNames
import Glibc

/// A new directory that is deleted, with all its contents, at the end of this value's lifetime.
///
/// All directories of a process are in one, below `TMPDIR` or else `/tmp`, which is deleted at the
/// end of the process, because globals, and objects alive at a call of `exit`, are never destroyed.
public final class TemporaryDirectory: Sendable {
    /// Absolute, without symbolic links.
    public let path: String

    /// Directory of all of this process's directories, and the process, because a fork of it must
    /// not delete them.
    private static let root: (path: String, process: pid_t) = {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        guard let resolved = realpath(parent, nil) else { fail(parent) }
        defer { free(resolved) }
        let path = create("\(String(cString: resolved))/bert-tests-")
        atexit {
            if getpid() == root.process { TemporaryDirectory.remove(root.path) }
        }
        return (path, getpid())
    }()

    /// An empty directory.
    public init() { path = Self.create("\(Self.root.path)/") }

    deinit { Self.remove(path) }

    /// Deletes whatever is at a path, whatever its names; files that cannot be deleted stay.
    private static func remove(_ path: String) {
        var status = stat()
        guard withSystemPath(path, { lstat($0, &status) }) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR, let stream = withSystemPath(path, { opendir($0) }) {
            var names: [String] = []
            while let entry = readdir(stream) {
                let bytes = withUnsafeBytes(of: entry.pointee.d_name) {
                    Array($0.prefix { $0 != 0 })
                }
                names.append(FileName.text(of: bytes))
            }
            closedir(stream)
            for name in names where name != "." && name != ".." { remove("\(path)/\(name)") }
        }
        withSystemPath(path) { _ = Glibc.remove($0) }
    }

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
        guard let stream = withSystemPath(file(name), { fopen($0, "w") }) else {
            throw ScratchFileError(name, errno)
        }
        defer { fclose(stream) }
        let bytes = Array(bytes)
        guard fwrite(bytes, 1, bytes.count, stream) == bytes.count, fflush(stream) == 0 else {
            throw ScratchFileError(name, errno)
        }
        return file(name)
    }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String {
        try write(name, text.utf8)
    }

    /// The bytes of a file.
    public func bytes(_ name: String) throws -> [UInt8] {
        guard let stream = withSystemPath(file(name), { fopen($0, "r") }) else {
            throw ScratchFileError(name, errno)
        }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, stream)
            bytes += buffer[..<count]
            if count < buffer.count {
                guard ferror(stream) == 0 else { throw ScratchFileError(name, errno) }
                return bytes
            }
        }
    }

    /// The text of a file.
    public func text(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }
}

/// An error reading or writing a test's file.
struct ScratchFileError: Error, CustomStringConvertible {
    let description: String

    init(_ name: String, _ code: Int32) {
        description = "\(name): \(String(cString: strerror(code)))"
    }
}

/// Gives `body` the path of a new directory, which is deleted with all its contents afterwards.
public func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = TemporaryDirectory()
    return try withExtendedLifetime(directory) { try body(directory.path) }
}
