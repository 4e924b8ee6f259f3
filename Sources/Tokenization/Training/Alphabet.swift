/// Characters that get pieces of their own.
struct Alphabet {
    /// Characters in ascending code point order.
    let characters: [UInt32]
    /// Index of a character in `characters`, or -1.
    private let places: [Int32]
    /// Classes of already normalized characters.
    private let table: CharacterTable

    /// Selects from the characters of words.
    ///
    /// - Throws: `noWords`, or `sizeTooSmall` if single characters alone fill the vocabulary.
    init(_ words: ByteCountTable, _ options: WordPieceTrainer.Options) throws(WordPieceTrainerError)
    {
        var form = CharacterForm.normalized
        form.isolatesIdeographs = options.tokenizer.isolatesIdeographs
        let table = CharacterTable.of(form)
        let counts = Self.characterCounts(words)
        guard counts.contains(where: { $0 > 0 }) else { throw .noWords }
        let (chosen, pieces) = Self.choose(counts, table, options)
        let fixed = options.fixedTokens.count
        guard fixed + pieces <= options.size else {
            throw .sizeTooSmall(size: options.size, fixed: fixed, alphabet: pieces)
        }
        characters = chosen.sorted()
        var places = [Int32](repeating: -1, count: 0x110000)
        for (place, scalar) in characters.enumerated() { places[Int(scalar)] = Int32(place) }
        self.places = places
        self.table = table
    }

    /// Selects the printable characters of ASCII, and the most frequent others.
    ///
    /// - Parameter counts: number of occurrences of each character.
    /// - Returns: the characters, and their number of pieces.
    private static func choose(
        _ counts: [Int64], _ table: CharacterTable, _ options: WordPieceTrainer.Options
    ) -> (characters: Set<UInt32>, pieces: Int) {
        func pieceCount(_ scalar: UInt32) -> Int { isIsolated(scalar, table) ? 1 : 2 }
        let always = (UInt32(0x21)...0x7E).filter {
            !options.tokenizer.lowercase || !(UInt32(0x41)...0x5A).contains($0)
        }
        var chosen = Set(always)
        let frequent = counts.indices.filter {
            counts[$0] >= options.minimumFrequency && !chosen.contains(UInt32($0))
        }.sorted { counts[$0] != counts[$1] ? counts[$0] > counts[$1] : $0 < $1 }
        let total = counts.reduce(0, +)
        var covered = always.reduce(0) { $0 + counts[Int($1)] }
        var pieces = always.reduce(0) { $0 + pieceCount($1) }
        let most = pieces + (options.size - options.fixedTokens.count - pieces) / 2
        for index in frequent {
            let scalar = UInt32(index)
            if let limit = options.alphabetLimit {
                if chosen.count >= limit { break }
            } else {
                // 99.99 %, rounded so that the last character is only omitted if it is rare.
                if total - covered <= total / 10_000 { break }
                if pieces + pieceCount(scalar) > most { break }
            }
            chosen.insert(scalar)
            covered += counts[index]
            pieces += pieceCount(scalar)
        }
        return (chosen, pieces)
    }

    /// Index of a code point in `characters`, or nil.
    func place(of scalar: UInt32) -> Int32? {
        places[Int(scalar)] >= 0 ? places[Int(scalar)] : nil
    }

    /// Whether a character is always a word on its own, so that it needs no piece after `##`.
    func isIsolated(_ scalar: UInt32) -> Bool { Self.isIsolated(scalar, table) }

    private static func isIsolated(_ scalar: UInt32, _ table: CharacterTable) -> Bool {
        let kind = table.characterClass(scalar)
        return kind == .punctuation || kind == .ideograph
    }

    private static func characterCounts(_ words: ByteCountTable) -> [Int64] {
        var counts = [Int64](repeating: 0, count: 0x110000)
        for entry in words.entries {
            words.withBytes(of: entry) { bytes in
                forEachScalar(bytes) { counts[Int($0)] += entry.count }
            }
        }
        return counts
    }
}

/// Calls `body` with each code point of a text.
@inline(__always)
func forEachScalar(_ bytes: UnsafeRawBufferPointer, _ body: (UInt32) -> Void) {
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    var index = 0
    while index < bytes.count {
        let scalar = decodeScalar(base + index, bytes.count - index)
        body(scalar.value)
        index += scalar.length
    }
}
