/// Splits bytes into lexemes that can be handled independently:
/// - a *chunk*, free of white space and of code points that are words on their own;
/// - one code point that is a word on its own and maps to itself (punctuation, ideograph).
///
/// The ids of a chunk depend on its bytes only, so chunks can be cached and counted unmodified.
struct TextScanner {
    /// Result of `next`.
    enum Lexeme {
        /// Bytes up to the position, from the given pointer.
        case chunk(UnsafePointer<UInt8>)
        /// A code point that is a word; its bytes begin at the pointer.
        case isolated(UInt32, UnsafePointer<UInt8>)
        case end
    }

    private(set) var position: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>
    private let table: CharacterTable
    private let kinds: UnsafePointer<UInt8>
    /// Classes of code points that are words on their own.
    private let isolated: UInt32
    /// Classes that end a chunk.
    private let boundary: UInt32

    private static let word: UInt8 = 0
    private static let space: UInt8 = 1
    private static let punctuation: UInt8 = 2
    /// Control characters, which are removed, and lead bytes.
    private static let other: UInt8 = 3

    /// Kinds of bytes. Global, so that its address is fixed.
    private static let byteKinds = FrozenTable<UInt8>(
        (0..<256).map { byte in
            guard byte < 0x80 else { return other }
            // ASCII has the same kinds in all forms.
            return switch CharacterTable.of(.normalized).characterClass(UInt32(byte)) {
            case .space: space
            case .punctuation: punctuation
            case .removed: other
            default: word
            }
        })

    /// Scans `count` bytes at `bytes`, which must outlive the scanner.
    init(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ table: CharacterTable) {
        self.table = table
        position = bytes
        end = bytes + count
        kinds = Self.byteKinds.base
        // Mapped ones are handled by the normalizer, inside chunks.
        isolated = CharacterClass.mask(.punctuation, .ideograph)
        boundary = isolated | CharacterClass.mask(.space)
    }

    /// Skips white space and returns one lexeme.
    @inline(__always)
    mutating func next() -> Lexeme {
        while position < end {
            let start = position
            let byte = start.pointee
            let kind = kinds[Int(byte)]
            if kind == Self.space {
                position += 1
                continue
            }
            if kind == Self.punctuation {
                position += 1
                return .isolated(UInt32(byte), start)
            }
            if kind == Self.word {
                skipAlphanumerics()
                if position < end, kinds[Int(position.pointee)] == Self.other { skipChunk() }
                return .chunk(start)
            }
            let scalar = decodeScalar(start, end - start)
            let set = UInt32(1) << UInt32(table.rawClass(scalar.value))
            position += scalar.length
            if set & isolated != 0 { return .isolated(scalar.value, start) }
            if set & boundary != 0 { continue }
            skipChunk()
            return .chunk(start)
        }
        return .end
    }

    /// Bytes of the next lexeme of any kind.
    @inline(__always)
    mutating func nextBytes() -> UnsafeBufferPointer<UInt8>? {
        switch next() {
        case .end: nil
        case .isolated(_, let start), .chunk(let start):
            UnsafeBufferPointer(start: start, count: position - start)
        }
    }

    /// Moves past ASCII letters and digits, eight at a time.
    @inline(__always)
    private mutating func skipAlphanumerics() {
        while end - position >= 8 {
            let bytes = UnsafeRawPointer(position).loadUnaligned(as: UInt64.self).littleEndian
            let others = ~alphanumericBits(bytes) & 0x8080_8080_8080_8080
            if others != 0 {
                position += others.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < end, kinds[Int(position.pointee)] == Self.word { position += 1 }
    }

    /// Moves past everything that belongs to a chunk.
    private mutating func skipChunk() {
        while position < end {
            let byte = position.pointee
            if byte < 0x80 {
                let kind = kinds[Int(byte)]
                if kind == Self.space || kind == Self.punctuation { return }
                position += 1
                continue
            }
            let scalar = decodeScalar(position, end - position)
            let set = UInt32(1) << UInt32(table.rawClass(scalar.value))
            if set & boundary != 0 { return }
            position += scalar.length
        }
    }
}

/// High bit of each byte that is an ASCII letter or digit; the other bits are undefined.
@inline(__always)
private func alphanumericBits(_ bytes: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let seven = bytes & (ones &* 0x7F)
    // Adding 0x80 - k to a byte below 0x80 sets its high bit if and only if the byte is at least k.
    func atLeast(_ values: UInt64, _ bound: UInt8) -> UInt64 {
        values &+ ones &* UInt64(0x80 - bound)
    }
    let lower = seven | ones &* 0x20
    let letter =
        atLeast(lower, UInt8(ascii: "a")) & ~atLeast(lower, UInt8(ascii: "z") + 1)
    let digit = atLeast(seven, UInt8(ascii: "0")) & ~atLeast(seven, UInt8(ascii: "9") + 1)
    return (letter | digit) & ~bytes
}
