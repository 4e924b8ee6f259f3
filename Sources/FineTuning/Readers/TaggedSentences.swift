import ExitCoding

/// A sentence as tagged words.
public struct TaggedSentence: Equatable, Sendable {
    /// The words.
    public let words: [String]
    /// The tag of each word.
    public let tags: [String]
    /// Line of the file that contains the first word, from 1.
    public let line: Int

    /// - Precondition: as many tags as words.
    public init(words: [String], tags: [String], line: Int) {
        precondition(words.count == tags.count, "a tag for each word")
        self.words = words
        self.tags = tags
        self.line = line
    }
}

/// Layout of a file of tagged sentences: one word per line, and a blank line after each sentence.
public enum TaggedFormat: Equatable, Sendable {
    /// CoNLL-2003 and similar: columns separated by tabs or spaces, as in the first line; every
    /// line has the same number of columns. Columns count from 0; -1 is the last. `-DOCSTART-`
    /// lines are not words, but end a sentence. `TaggedComments` defines which lines are comments.
    case conll(word: Int = 0, tag: Int = -1)
    /// CoNLL-U (universaldependencies.org/format.html): ten tab-separated columns, where the second
    /// is the word and `tag` counts from 0 (3 is UPOS, 4 is XPOS). Comments, ranges of multi-word
    /// tokens (`1-2`) and empty nodes (`8.1`) are skipped.
    case conllu(tag: Int = 3)
}

/// A file of tagged sentences.
public struct TaggedFile: Equatable, Sendable {
    /// Path of the file.
    public let path: String
    /// Sentences in the order of the file.
    public let sentences: [TaggedSentence]
    /// Notes for the user: skipped comments, and lines that may be comments.
    public let notes: [String]

    /// Reads a file.
    ///
    /// - Throws: `TaskDataError` with file and line.
    public static func read(
        _ path: String, format: TaggedFormat, limits: TaskFileLimits = TaskFileLimits()
    ) throws(TaskDataError) -> TaggedFile {
        try parse(try TaskText(path: path, limits: limits), format)
    }

    /// Parses the bytes of a file; `path` is its name in errors.
    public static func parse(
        _ bytes: [UInt8], path: String, format: TaggedFormat,
        limits: TaskFileLimits = TaskFileLimits()
    ) throws(TaskDataError) -> TaggedFile {
        try parse(try TaskText(bytes, path: path, limits: limits), format)
    }

    private static func parse(
        _ text: TaskText, _ format: TaggedFormat
    ) throws(TaskDataError) -> TaggedFile {
        var reader = TaggedReader(text, format, try TaggedLayout.find(in: text, format))
        try text.forEachLine { (number, line) throws(TaskDataError) in
            try reader.take(line, number)
        }
        try reader.endSentence()
        return TaggedFile(
            path: text.path, sentences: reader.sentences,
            notes: reader.notes.map { "\(text.path): \($0)" })
    }
}

/// Processes the lines of a file in order.
private struct TaggedReader {
    private let text: TaskText
    private let format: TaggedFormat
    private let layout: TaggedLayout
    private(set) var comments = TaggedComments()
    private(set) var sentences: [TaggedSentence] = []
    /// Number of tags with white space at their ends, and the line of the first.
    private var spaced: (count: Int, line: Int)?
    private var words: [String] = []
    private var tags: [String] = []
    private var start = 0
    /// Number of words in all sentences.
    private var wordCount = 0

    init(_ text: TaskText, _ format: TaggedFormat, _ layout: TaggedLayout) {
        self.text = text
        self.format = format
        self.layout = layout
    }

    /// Notes for the user.
    var notes: [String] {
        comments.notes
            + (spaced.map {
                [
                    "\(counted($0.count, "tag has", "tags have")) white space at the ends, "
                        + "which does not count, the first on line \($0.line)"
                ]
            } ?? [])
    }

    mutating func take(_ line: ArraySlice<UInt8>, _ number: Int) throws(TaskDataError) {
        if TaggedLayout.isBlank(line) { return try endSentence() }
        let columns: (word: Int, tag: Int)
        switch format {
        case .conll(let word, let tag):
            if TaggedLayout.isDocumentStart(line) { return try endSentence() }
            columns = (word, tag)
        case .conllu(let tag):
            if line.first == TaggedComments.mark { return }
            columns = (1, tag)
        }
        let fields = layout.split(line)
        if case .conll = format {
            let isFirst = words.isEmpty
            if comments.skips(line, fields, layout, tag: columns.tag, isFirst: isFirst, number) {
                return
            }
        }
        try layout.check(line, fields, number, text)
        if case .conllu = format, try !isWord(fields[0], number) { return }
        let word = try field(fields, columns.word, "word", number)
        // Tags that differ only in white space at their ends are the same class.
        let written = try field(fields, columns.tag, "tag", number)
        let tag = PythonText.trimmed(written)
        if tag != written { spaced = (spaced.map { $0.count + 1 } ?? 1, spaced?.line ?? number) }
        guard !tag.isEmpty else {
            throw text.error(number, "the tag is empty (column \(columns.tag), from 0)")
        }
        if case .conll = format {
            guard place(columns.word, fields) != place(columns.tag, fields) else {
                throw text.error(
                    number,
                    "a word without a tag: column \(columns.tag) of this line is the word itself")
            }
            comments.note(tag: tag, line, isFirst: words.isEmpty, number)
        }
        try append(word, tag, number)
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

    /// Whether a CoNLL-U line's identifier is that of a word.
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

    /// Index of a column that may count from the end.
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
