import FileNames
import Glibc

/// Paths as strings, and queries of the file system.
public enum Paths {
    /// Kind of a path; symbolic links are not followed.
    public enum Kind: Sendable, Equatable { case file, directory, symbolicLink, other, missing }

    /// Slashes are bytes, because as a `Character` a slash would include the combining marks at the
    /// start of a name.
    private static let slash = UInt8(ascii: "/")

    /// Parent directory of the path's last component.
    public static func parent(of path: String) -> String {
        let trimmed = withoutTrailingSlashes(path[...])
        guard let end = trimmed.utf8.lastIndex(of: slash) else { return "." }
        return end == trimmed.startIndex ? "/" : String(withoutTrailingSlashes(trimmed[..<end]))
    }

    /// The last component.
    public static func name(of path: String) -> String {
        let trimmed = withoutTrailingSlashes(path[...])
        guard let end = trimmed.utf8.lastIndex(of: slash) else { return String(trimmed) }
        return String(trimmed[trimmed.utf8.index(after: end)...])
    }

    /// Components between slashes, including empty ones.
    public static func components(of path: String) -> [String] {
        path.utf8.split(separator: slash, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
    }

    /// `directory/name`.
    public static func join(_ directory: String, _ name: String) -> String {
        directory.utf8.last == slash ? directory + name : "\(directory)/\(name)"
    }

    /// Whether a path begins at the root.
    public static func isAbsolute(_ path: String) -> Bool { path.utf8.first == slash }

    private static func withoutTrailingSlashes(_ path: Substring) -> Substring {
        let count = path.utf8.reversed().prefix { $0 == slash }.count
        let end = path.utf8.index(path.endIndex, offsetBy: -count)
        return end > path.startIndex || count == 0
            ? path[..<end] : path[..<path.utf8.index(after: end)]
    }

    /// Determines the kind of a path.
    public static func kind(of path: String) throws(FileError) -> Kind {
        try status(of: path)?.kind ?? .missing
    }

    /// Whether it is a directory, following symbolic links.
    public static func isDirectory(_ path: String) throws(FileError) -> Bool {
        try status(of: path, followingLinks: true)?.kind == .directory
    }

    /// Whether it exists, following symbolic links.
    public static func exists(_ path: String) throws(FileError) -> Bool {
        try status(of: path, followingLinks: true) != nil
    }

    /// Identifies a file or directory on this host, however its path is spelt.
    public struct Identity: Hashable, Sendable {
        private let device: UInt64
        private let inode: UInt64

        /// Follows `path` to its file; nil if it is missing.
        public init?(_ path: String) throws(FileError) {
            guard let found = try Paths.look(at: path, followingLinks: true) else { return nil }
            (device, inode) = (UInt64(found.st_dev), UInt64(found.st_ino))
        }
    }

    /// Whether both paths lead to the same file or directory, however they are spelt. False if
    /// either is missing.
    public static func isSame(_ first: String, _ second: String) throws(FileError) -> Bool {
        guard let identity = try Identity(first) else { return false }
        return try Identity(second) == identity
    }

    /// Size of a file, following symbolic links; 0 if it is missing.
    public static func size(of path: String) throws(FileError) -> Int {
        try status(of: path, followingLinks: true)?.bytes ?? 0
    }

    /// Kind, size and time of last change, or nil if it is missing.
    static func status(
        of path: String, followingLinks: Bool = false
    ) throws(FileError) -> (kind: Kind, bytes: Int, changed: Int)? {
        guard let information = try look(at: path, followingLinks: followingLinks) else {
            return nil
        }
        let kind: Kind =
            switch information.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        return (kind, Int(information.st_size), Int(information.st_mtim.tv_sec))
    }

    /// Queries the system; nil only if it reports that nothing exists. Other errors are retried for
    /// some seconds, and thrown, because an error does not mean absence.
    private static func look(at path: String, followingLinks: Bool) throws(FileError) -> stat? {
        var information = stat()
        let code = Patience.call {
            withSystemPath(path) {
                followingLinks ? stat($0, &information) : lstat($0, &information)
            }
        }
        if code == 0 { return information }
        guard errno == ENOENT || errno == ENOTDIR else { throw .system(path, "look at it") }
        return nil
    }

    /// Names in a directory, sorted by bytes, without `.` and `..`.
    public static func names(in directory: String) throws(FileError) -> [String] {
        try Patience.retrying { () throws(FileError) in try list(directory) }
    }

    private static func list(_ directory: String) throws(FileError) -> [String] {
        guard let stream = withSystemPath(directory, { opendir($0) }) else {
            throw .system(directory, "list it")
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                Array($0.prefix { $0 != 0 })
            }
            if !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8) {
                names.append(name)
            }
            errno = 0
        }
        guard errno == 0 else { throw .system(directory, "list it") }
        return names.sorted { $0.lexicographicallyPrecedes($1) }.map { FileName.text(of: $0) }
    }

    /// Creates a directory and its missing parents, durably; existing ones are kept.
    public static func createDirectory(_ path: String) throws(FileError) {
        let parent = parent(of: path)
        if makeDirectory(path) { return try syncNames(of: parent) }
        if errno == ENOENT, parent != path {
            try createDirectory(parent)
            if makeDirectory(path) { return try syncNames(of: parent) }
        }
        let error = FileError.system(path, "create the directory", isWriting: true)
        guard error.systemError == EEXIST, try isDirectory(path) else { throw error }
    }

    private static func makeDirectory(_ path: String) -> Bool {
        withSystemPath(path) { mkdir($0, 0o777) } == 0
    }

    /// Syncs a directory that has a new entry, unless it is writable but not readable.
    private static func syncNames(of directory: String) throws(FileError) {
        do throws(FileError) {
            try Durability.sync(directory)
        } catch  where error.systemError == EACCES {
            return
        }
    }

    /// Renames a file or directory within its file system; the new name must not exist.
    public static func rename(_ path: String, to target: String) throws(FileError) {
        guard try kind(of: target) == .missing else { throw .exists(target) }
        guard withSystemPaths(path, target, { Glibc.rename($0, $1) }) == 0 else {
            throw .system(path, "rename it to \(target)", isWriting: true)
        }
        try Durability.sync(parent(of: target))
    }

    /// Reads the target of a symbolic link.
    ///
    /// - Throws: `FileError` if it is not one.
    public static func linkTarget(of path: String) throws(FileError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = Patience.call {
            withSystemPath(path) { readlink($0, &buffer, buffer.count) }
        }
        guard count >= 0 else { throw .system(path, "read the link") }
        return FileName.text(of: buffer.prefix(count))
    }

    /// Absolute path without symbolic links; nil if it is missing or unreachable.
    public static func resolved(_ path: String) -> String? {
        guard let resolved = withSystemPath(path, { realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        return FileName.text(of: resolved)
    }

    /// Deletes a file, or a directory with all its contents; a missing one is ignored. Symbolic
    /// links are deleted, not followed.
    public static func remove(_ path: String) throws(FileError) {
        switch try kind(of: path) {
        case .missing: return
        case .directory:
            for name in try names(in: path) { try remove(join(path, name)) }
            guard withSystemPath(path, { rmdir($0) }) == 0 || errno == ENOENT else {
                throw .system(path, "delete it")
            }
        default:
            guard withSystemPath(path, { unlink($0) }) == 0 || errno == ENOENT else {
                throw .system(path, "delete it")
            }
        }
    }
}
