/// A sentence cut into words, each with its tag.
public struct TaggedSentence: Equatable, Sendable {
    /// The words.
    public let words: [String]
    /// The tag of each word.
    public let tags: [String]
    /// The line of the file that the first word stands on, from 1.
    public let line: Int

    /// - Precondition: as many tags as words.
    public init(words: [String], tags: [String], line: Int) {
        precondition(words.count == tags.count, "a tag for each word")
        self.words = words
        self.tags = tags
        self.line = line
    }
}

/// How a file of tagged sentences is laid out: one word a line, a blank line after a sentence.
public enum TaggedFormat: Equatable, Sendable {
    /// CoNLL-2003 and its like: columns separated by a tab or, in lines without one, by white
    /// space. Columns count from 0; -1 is the last. `-DOCSTART-` lines are no words, but end a
    /// sentence. There are no comments: `#` is a word.
    case conll(word: Int = 0, tag: Int = -1)
    /// CoNLL-U (universaldependencies.org/format.html): ten columns separated by tabs, of which the
    /// word is the second and `tag` counts from 0 (3 is UPOS, 4 is XPOS). Comments, ranges of
    /// multi-word tokens (`1-2`) and empty nodes (`8.1`) are skipped.
    case conllu(tag: Int = 3)
}

extension TaggedSentence {
    /// Reads a file.
    ///
    /// - Throws: `TaskDataError` with file and line.
    public static func read(
        _ path: String, format: TaggedFormat, limits: TaskFileLimits = TaskFileLimits()
    ) throws(TaskDataError) -> [TaggedSentence] {
        try parse(try TaskText(path: path, limits: limits), format)
    }

    /// Takes the bytes of a file; `path` is what errors call it.
    public static func parse(
        _ bytes: [UInt8], path: String, format: TaggedFormat,
        limits: TaskFileLimits = TaskFileLimits()
    ) throws(TaskDataError) -> [TaggedSentence] {
        try parse(try TaskText(bytes, path: path, limits: limits), format)
    }

    private static func parse(
        _ text: TaskText, _ format: TaggedFormat
    ) throws(TaskDataError) -> [TaggedSentence] {
        var reader = TaggedReader(text, format)
        try text.forEachLine { (number, line) throws(TaskDataError) in
            try reader.take(line, number)
        }
        try reader.endSentence()
        return reader.sentences
    }
}

private struct TaggedReader {
    private let text: TaskText
    private let format: TaggedFormat
    private(set) var sentences: [TaggedSentence] = []
    private var words: [String] = []
    private var tags: [String] = []
    private var start = 0
    /// Words of all sentences.
    private var wordCount = 0

    init(_ text: TaskText, _ format: TaggedFormat) {
        self.text = text
        self.format = format
    }

    mutating func take(_ line: ArraySlice<UInt8>, _ number: Int) throws(TaskDataError) {
        if line.allSatisfy(isSpace) { return try endSentence() }
        switch format {
        case .conll(let word, let tag):
            if line.starts(with: "-DOCSTART-".utf8) { return try endSentence() }
            let fields = split(line)
            guard place(word, fields) != place(tag, fields) else {
                throw text.error(
                    number, "a word without a tag: column \(tag) of this line is the word itself")
            }
            try append(
                try field(fields, word, "word", number), try field(fields, tag, "tag", number),
                number)
        case .conllu(let tag):
            if line.first == UInt8(ascii: "#") { return }
            let fields = line.split(
                separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            guard fields.count == 10 else {
                throw text.error(
                    number, "CoNLL-U has 10 columns separated by tabs, found \(fields.count)")
            }
            if try !isWord(fields[0], number) { return }
            try append(
                try field(fields, 1, "word", number), try field(fields, tag, "tag", number),
                number)
        }
    }

    mutating func endSentence() throws(TaskDataError) {
        guard !words.isEmpty else { return }
        try text.checkCounts(records: sentences.count + 1, line: start)
        sentences.append(TaggedSentence(words: words, tags: tags, line: start))
        words.removeAll(keepingCapacity: true)
        tags.removeAll(keepingCapacity: true)
    }

    private mutating func append(
        _ word: String, _ tag: String, _ number: Int
    ) throws(TaskDataError) {
        if words.isEmpty { start = number }
        wordCount += 1
        try text.checkCounts(records: 0, values: wordCount, line: number)
        words.append(word)
        tags.append(tag)
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private func split(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        let tab = UInt8(ascii: "\t")
        return line.contains(tab)
            ? line.split(separator: tab, omittingEmptySubsequences: false)
            : line.split(separator: UInt8(ascii: " "))
    }

    /// Whether the identifier of a CoNLL-U line is that of a word.
    private func isWord(_ id: ArraySlice<UInt8>, _ number: Int) throws(TaskDataError) -> Bool {
        let separators = [UInt8(ascii: "-"), UInt8(ascii: ".")]
        let parts = id.split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: separators.contains)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(digits.contains) }) else {
            throw text.error(
                number,
                "\"\(visible(String(decoding: id, as: UTF8.self)))\" is no CoNLL-U word number")
        }
        return parts.count == 1
    }

    /// The place of a column that may count from the end.
    private func place(_ column: Int, _ fields: [ArraySlice<UInt8>]) -> Int {
        column < 0 ? fields.count + column : column
    }

    private func field(
        _ fields: [ArraySlice<UInt8>], _ column: Int, _ what: String, _ number: Int
    ) throws(TaskDataError) -> String {
        let place = place(column, fields)
        guard fields.indices.contains(place) else {
            throw text.error(
                number, "no column \(column) for the \(what): the line has \(fields.count)")
        }
        guard !fields[place].isEmpty else {
            throw text.error(number, "the \(what) is empty (column \(place), from 0)")
        }
        return String(decoding: fields[place], as: UTF8.self)
    }
}
