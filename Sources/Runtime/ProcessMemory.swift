import OperatingSystem

/// Memory of this process, as counted by Linux, without mapped files: corpora, which all processes
/// of a node share through its page cache, and programs.
package enum ProcessMemory {
    /// Bytes in memory now; 0 if unknown.
    package static var resident: Int { own("VmRSS:") }

    /// Maximum so far. (Linux keeps no such maximum without mapped files; their pages only
    /// increase.)
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
