import FileNames
import Glibc

/// Free space of file systems.
public enum FreeSpace {
    /// Bytes that this user can still write at `path` (its parent if it does not exist).
    public static func bytes(at path: String) throws(FileError) -> Int {
        var information = statvfs()
        guard Patience.call({ withSystemPath(path) { statvfs($0, &information) } }) == 0 else {
            let parent = Paths.parent(of: path)
            if errno == ENOENT && parent != path { return try bytes(at: parent) }
            throw .system(path, "ask for the free space", isWriting: true)
        }
        let (bytes, overflow) = Int(clamping: information.f_bavail)
            .multipliedReportingOverflow(by: Int(clamping: information.f_frsize))
        return overflow ? Int.max : bytes
    }

    /// Throws unless `needed` bytes can be written at `path`. Free space is checked first, not
    /// halfway.
    public static func require(_ needed: Int, at path: String) throws(FileError) {
        let free = try bytes(at: path)
        guard free < needed else { return }
        throw FileError(
            .inputOutput, path,
            "not enough space: \(text(needed)) are needed, \(text(free)) are free; delete something"
                + " or choose another directory")
    }

    /// "1234 bytes", "12.3 MB": decimal units with one digit.
    public static func text(_ bytes: Int) -> String {
        let units = ["kB", "MB", "GB", "TB", "PB"]
        guard bytes >= 10_000 else { return "\(bytes) bytes" }
        var tenths = bytes / 100
        var unit = 0
        while tenths >= 10_000 && unit + 1 < units.count {
            tenths /= 1000
            unit += 1
        }
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
