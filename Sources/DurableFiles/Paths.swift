import FileNames
import Glibc

/// Paths as strings, and questions about what lies there.
public enum Paths {
    /// The kind of a path; symbolic links are not followed.
    public enum Kind: Sendable, Equatable { case file, directory, symbolicLink, other, missing }

    /// Slashes are bytes: as a `Character` one would include the combining marks that a name begins with.
    private static let slash = UInt8(ascii: "/")

    /// The directory that holds the path's last component.
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

    /// The parts between slashes; empty ones too.
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

    /// Whether there is a directory, also behind a symbolic link.
    public static func isDirectory(_ path: String) throws(FileError) -> Bool {
        try status(of: path, followingLinks: true)?.kind == .directory
    }

    /// Whether there is anything, also behind a symbolic link.
    public static func exists(_ path: String) throws(FileError) -> Bool {
        try status(of: path, followingLinks: true) != nil
    }

    /// Tells a file or directory from all others of this host, however its path is spelt.
    public struct Identity: Hashable, Sendable {
        private let device: UInt64
        private let inode: UInt64

        /// Follows `path` to its file; nil if it is missing.
        public init?(_ path: String) throws(FileError) {
            guard let found = try Paths.look(at: path, followingLinks: true) else { return nil }
            (device, inode) = (UInt64(found.st_dev), UInt64(found.st_ino))
        }
    }

    /// Whether both paths lead to the same file or directory, however they are spelt. False if one of
    /// them is missing.
    public static func isSame(_ first: String, _ second: String) throws(FileError) -> Bool {
        guard let identity = try Identity(first) else { return false }
        return try Identity(second) == identity
    }

    /// Size of a file, also behind a symbolic link; 0 if there is none.
    public static func size(of path: String) throws(FileError) -> Int {
        try status(of: path, followingLinks: true)?.bytes ?? 0
    }

    /// Kind, size and time of last change, or nil if nothing is there.
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

    /// Asks the system; nil only where it says that nothing is there. Other errors are tried again
    /// for some seconds, and thrown: an error is no absence.
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

    /// The names in a directory, sorted by bytes, without `.` and `..`.
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

    /// Creates a directory and those above it, durably; existing ones are fine.
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

    /// Syncs a directory that has a new entry, unless it may be written but not read.
    private static func syncNames(of directory: String) throws(FileError) {
        do throws(FileError) {
            try Durability.sync(directory)
        } catch  where error.systemError == EACCES {
            return
        }
    }

    /// Gives a file or directory another name in the same file system; nothing of that name may
    /// be there.
    public static func rename(_ path: String, to target: String) throws(FileError) {
        guard try kind(of: target) == .missing else { throw .exists(target) }
        guard withSystemPaths(path, target, { Glibc.rename($0, $1) }) == 0 else {
            throw .system(path, "rename it to \(target)", isWriting: true)
        }
        try Durability.sync(parent(of: target))
    }

    /// Reads what a symbolic link leads to.
    ///
    /// - Throws: `FileError` where there is none.
    public static func linkTarget(of path: String) throws(FileError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = Patience.call {
            withSystemPath(path) { readlink($0, &buffer, buffer.count) }
        }
        guard count >= 0 else { throw .system(path, "read the link") }
        return FileName.text(of: buffer.prefix(count))
    }

    /// The absolute path without symbolic links; nil where nothing is there, or it cannot be reached.
    public static func resolved(_ path: String) -> String? {
        guard let resolved = withSystemPath(path, { realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        return FileName.text(of: resolved)
    }

    /// Deletes a file, or a directory with all it holds; what is not there is fine. Symbolic
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
