import FileNames
import Glibc

/// Files that Linux generates on reading (/proc, /sys), whose reported size is meaningless.
public enum SystemFile {
    /// Returns the text of the file, at most 64 KiB of it; empty if it cannot be read. Bytes that
    /// are not UTF-8 are escaped, because these files contain names of other files.
    public static func text(_ path: String) -> String {
        guard let file = withSystemPath(path, { fopen($0, "r") }) else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return FileName.text(of: bytes[..<count])
    }
}
