import FileNames
import Glibc

/// Files that Linux makes up as they are read (/proc, /sys): their size says nothing.
public enum SystemFile {
    /// The text of the file, at most 64 KiB of it; empty where it cannot be read. Bytes that
    /// are not UTF-8 are escaped, because these files name others.
    public static func text(_ path: String) -> String {
        guard let file = withSystemPath(path, { fopen($0, "r") }) else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return FileName.text(of: bytes[..<count])
    }
}
