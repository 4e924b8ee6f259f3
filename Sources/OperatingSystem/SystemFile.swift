import Glibc

/// Files that Linux makes up as they are read (/proc, /sys): their size says nothing.
public enum SystemFile {
    /// The text of the file, at most 64 KiB of it; empty where it cannot be read.
    public static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
