/// Ids of recently seen short chunks: a table of pairs of slots, so bounded and cheap to search.
///
/// Chunks of up to 16 bytes and 3 ids are in their slot of 32 bytes; more ids are in a pool.
struct WordCache: ~Copyable {
    /// Maximum length of a cached chunk in bytes.
    static let maximumBytes = 16

    /// A chunk, zero-padded, as two words, and its length.
    struct Key {
        let low: UInt64
        let high: UInt64
        let length: UInt8

        /// Reads a chunk of 1...16 bytes, of which `readable` bytes may be read.
        @inline(__always)
        init(_ bytes: UnsafePointer<UInt8>, _ length: Int, readable: Int) {
            var words: (UInt64, UInt64) = (0, 0)
            if readable >= 16 {
                let raw = UnsafeRawPointer(bytes)
                words.0 = raw.loadUnaligned(as: UInt64.self).littleEndian
                words.1 = raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian
                if length <= 8 {
                    words.0 &= ~0 &>> UInt64(64 - 8 * length)
                    words.1 = 0
                } else {
                    words.1 &= ~0 &>> UInt64(128 - 8 * length)
                }
            } else {
                for index in 0..<min(8, length) {
                    words.0 |= UInt64(bytes[index]) << UInt64(8 * index)
                }
                for index in min(8, length)..<length {
                    words.1 |= UInt64(bytes[index]) << UInt64(8 * (index - 8))
                }
            }
            (low, high) = words
            self.length = UInt8(length)
        }

        @inline(__always)
        fileprivate var hash: UInt64 {
            var mixed = (low ^ UInt64(length)) &* 0x9E37_79B9_7F4A_7C15
            mixed ^= mixed >> 32
            mixed = (mixed &+ high) &* 0xD6E8_FEB8_6659_FD93
            return mixed ^ mixed >> 32
        }
    }

    fileprivate struct Slot {
        var low: UInt64 = 0
        var high: UInt64 = 0
        /// The ids, or if `count` > 3 the pool index of the first.
        var ids: (Int32, Int32, Int32) = (0, 0, 0)
        /// 0 for an empty slot.
        var length: UInt8 = 0
        var count: UInt8 = 0
    }

    private static let pairBits = 15
    private static let poolCapacity = 1 << 18
    private let slots: UnsafeMutablePointer<Slot>
    private let pool: UnsafeMutablePointer<Int32>
    private var poolCount = 0

    init() {
        slots = .allocate(capacity: 2 << Self.pairBits)
        slots.initialize(repeating: Slot(), count: 2 << Self.pairBits)
        pool = .allocate(capacity: Self.poolCapacity)
    }

    deinit {
        slots.deallocate()
        pool.deallocate()
    }

    /// Writes the ids of a chunk to `output`, which has room for 16, and returns their number, or
    /// -1 if the chunk is not cached.
    @inline(__always)
    func find(_ key: Key, _ output: UnsafeMutablePointer<Int32>) -> Int {
        var slot = firstSlot(of: key)
        if !slot.pointee.holds(key) {
            slot += 1
            if !slot.pointee.holds(key) { return -1 }
        }
        let count = Int(slot.pointee.count)
        output[0] = slot.pointee.ids.0
        output[1] = slot.pointee.ids.1
        output[2] = slot.pointee.ids.2
        if count > 3 { output.update(from: pool + Int(slot.pointee.ids.0), count: count) }
        return count
    }

    /// Caches the ids of a chunk, at most 16, replacing the older chunk of its pair.
    mutating func insert(_ key: Key, _ ids: UnsafeBufferPointer<Int32>) {
        var entry = Slot(low: key.low, high: key.high, length: key.length, count: UInt8(ids.count))
        if ids.count > 3, let source = ids.baseAddress {
            if poolCount + ids.count > Self.poolCapacity { removeAll() }
            (pool + poolCount).update(from: source, count: ids.count)
            entry.ids.0 = Int32(poolCount)
            poolCount += ids.count
        } else {
            if ids.count > 0 { entry.ids.0 = ids[0] }
            if ids.count > 1 { entry.ids.1 = ids[1] }
            if ids.count > 2 { entry.ids.2 = ids[2] }
        }
        let slot = firstSlot(of: key)
        slot[1] = slot[0]
        slot[0] = entry
    }

    private mutating func removeAll() {
        slots.update(repeating: Slot(), count: 2 << Self.pairBits)
        poolCount = 0
    }

    @inline(__always)
    private func firstSlot(of key: Key) -> UnsafeMutablePointer<Slot> {
        let pair = Int(truncatingIfNeeded: key.hash >> 16) & ((1 << Self.pairBits) - 1)
        return slots + pair * 2
    }
}

extension WordCache.Slot {
    @inline(__always)
    fileprivate func holds(_ key: WordCache.Key) -> Bool {
        low == key.low && high == key.high && length == key.length
    }
}
