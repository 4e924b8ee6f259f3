import OperatingSystem

/// The memory of this process, as Linux counts it, without files that are mapped: corpora, which
/// all processes of a node share with its page cache, and programs.
package enum ProcessMemory {
    /// Bytes that it has in memory now; 0 where nobody knows.
    package static var resident: Int { own("VmRSS:") }

    /// The most that it has had. (Linux keeps no such mark of mapped files alone; their pages only
    /// become more.)
    package static var peak: Int { own("VmHWM:") }

    private static func own(_ key: String) -> Int {
        let lines = SystemFile.text("/proc/self/status").split(separator: "\n")
        func bytes(_ key: String) -> Int {
            let words = lines.first { $0.hasPrefix(key) }?.split { $0 == " " || $0 == "\t" } ?? []
            return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : 0
        }
        return max(0, bytes(key) - bytes("RssFile:"))
    }
}
