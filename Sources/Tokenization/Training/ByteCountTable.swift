import Glibc

/// Counts of byte strings, by open addressing.
struct ByteCountTable: Sendable {
    struct Entry: Sendable {
        fileprivate let start: Int
        fileprivate let length: UInt32
        fileprivate let hash: UInt32
        var count: Int64
    }

    /// One per distinct string, in order of first appearance.
    private(set) var entries: [Entry] = []
    private var arena: [UInt8] = []
    /// Index of an entry plus 1, or 0.
    private var slots = [UInt32](repeating: 0, count: 1 << 12)

    /// The number of distinct strings.
    var count: Int { entries.count }

    /// Adds to the count of a non-empty string.
    mutating func add(_ bytes: UnsafeRawBufferPointer, count: Int64) {
        guard let base = bytes.baseAddress else { return }
        let hash = Self.hash(base, bytes.count)
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if entries[index].hash == hash, entries[index].length == bytes.count,
                isEqual(entries[index].start, base, bytes.count)
            {
                entries[index].count += count
                return
            }
            slot = (slot + 1) & mask
        }
        entries.append(
            Entry(start: arena.count, length: UInt32(bytes.count), hash: hash, count: count))
        arena.append(contentsOf: bytes)
        slots[slot] = UInt32(entries.count)
        if entries.count * 2 > slots.count { grow() }
    }

    @inline(__always)
    private func isEqual(_ start: Int, _ bytes: UnsafeRawPointer, _ count: Int) -> Bool {
        arena.withUnsafeBytes { arena in
            guard let base = arena.baseAddress else { return false }
            return memcmp(base + start, bytes, count) == 0
        }
    }

    /// Adds all counts of another table.
    mutating func add(_ other: ByteCountTable) {
        for entry in other.entries {
            other.withBytes(of: entry) { add($0, count: entry.count) }
        }
    }

    /// Calls `body` with the bytes of an entry of this table.
    func withBytes<Result>(
        of entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try arena.withUnsafeBytes {
            let range = entry.start..<entry.start + Int(entry.length)
            return try body(UnsafeRawBufferPointer(rebasing: $0[range]))
        }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (index, entry) in entries.enumerated() {
            var slot = Int(entry.hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index + 1)
        }
    }

    @inline(__always)
    private static func hash(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt32 {
        var mixed = UInt64(count) &* 0x9E37_79B9_7F4A_7C15
        var index = 0
        while index + 8 <= count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            mixed = (mixed ^ word) &* 0xD6E8_FEB8_6659_FD93
            mixed ^= mixed >> 32
            index += 8
        }
        var rest: UInt64 = 0
        while index < count {
            rest = rest << 8 | UInt64(bytes.load(fromByteOffset: index, as: UInt8.self))
            index += 1
        }
        mixed = (mixed ^ rest) &* 0xD6E8_FEB8_6659_FD93
        return UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
    }
}
