/// The memory of this process, as Linux counts it.
enum ProcessMemory {
    /// Bytes that it has in memory now; 0 where nobody knows.
    static var resident: Int { bytes("VmRSS:") }

    /// The most that it has had.
    static var peak: Int { bytes("VmHWM:") }

    private static func bytes(_ key: String) -> Int {
        let lines = SystemFile.text("/proc/self/status").split(separator: "\n")
        let words = lines.first { $0.hasPrefix(key) }?.split { $0 == " " || $0 == "\t" } ?? []
        return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : 0
    }
}
