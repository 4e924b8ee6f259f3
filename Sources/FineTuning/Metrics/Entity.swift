/// A typed chunk of words: `get_entities` of seqeval.
struct Entity: Hashable {
    /// Type as bytes, because `String`s of different code points may be equal.
    let type: [UInt8]
    /// First word, counted over all sentences, each followed by one O.
    let start: Int
    /// Last word.
    let end: Int

    /// All chunks of some sentences.
    static func all(in sentences: [[String]]) -> Set<Entity> {
        var entities: Set<Entity> = []
        var last = Tag(letter: "O", type: [])
        var begin = 0
        var index = 0
        func take(_ tag: Tag) {
            if last.endsChunk(before: tag) {
                entities.insert(Entity(type: last.type, start: begin, end: index - 1))
            }
            if tag.startsChunk(after: last) { begin = index }
            last = tag
            index += 1
        }
        for sentence in sentences {
            for text in sentence { take(Tag(text)) }
            take(Tag("O"))
        }
        return entities
    }
}

/// A parsed tag: `B-PER` has the letter B and the type PER.
private struct Tag {
    let letter: Unicode.Scalar
    let type: [UInt8]

    init(letter: Unicode.Scalar, type: [UInt8]) {
        self.letter = letter
        self.type = type
    }

    /// Without a hyphen, the type is what follows the letter; a tag without a type has "_".
    init(_ text: String) {
        letter = text.unicodeScalars.first ?? "O"
        let rest = Array(String(text.unicodeScalars.dropFirst()).utf8)
        let hyphen = rest.firstIndex(of: UInt8(ascii: "-"))
        let type = hyphen.map { Array(rest[($0 + 1)...]) } ?? rest
        self.type = type.isEmpty ? [UInt8(ascii: "_")] : type
    }

    /// Whether a chunk that contains this tag ends before `next`.
    func endsChunk(before next: Tag) -> Bool {
        switch (letter, next.letter) {
        case ("E", _), ("S", _): true
        case ("B", "B"), ("B", "S"), ("B", "O"), ("I", "B"), ("I", "S"), ("I", "O"): true
        case ("O", _), (".", _): false
        default: type != next.type
        }
    }

    /// Whether a chunk starts at this tag, after `last`.
    func startsChunk(after last: Tag) -> Bool {
        switch (last.letter, letter) {
        case (_, "B"), (_, "S"): true
        case ("E", "E"), ("E", "I"), ("S", "E"), ("S", "I"), ("O", "E"), ("O", "I"): true
        case (_, "O"), (_, "."): false
        default: last.type != type
        }
    }
}
