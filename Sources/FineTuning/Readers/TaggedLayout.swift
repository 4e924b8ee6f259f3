import ExitCoding

/// Column layout of a file of tagged words, the same for the whole file.
struct TaggedLayout {
    /// Whether columns are separated by tabs; otherwise by any number of spaces.
    let hasTabs: Bool
    /// Number of columns of every line.
    let columns: Int
    /// Line that determines the layout, from 1; nil if the format does.
    let line: Int?

    private static let tab = UInt8(ascii: "\t")
    private static let space = UInt8(ascii: " ")

    /// Determines the layout of a file from its first line that is certainly a word. A line that
    /// begins with `#` may be a comment, so it is used only if there is no other.
    static func find(
        in text: TaskText, _ format: TaggedFormat
    ) throws(TaskDataError) -> TaggedLayout {
        guard case .conll = format else {
            return TaggedLayout(hasTabs: true, columns: 10, line: nil)
        }
        var first: TaggedLayout?
        var hash: TaggedLayout?
        try text.forEachLine { (number, line) throws(TaskDataError) in
            guard first == nil, !isBlank(line), !isDocumentStart(line) else { return }
            let layout = TaggedLayout(line, number)
            if line.first == TaggedComments.mark {
                hash = hash ?? layout
            } else {
                first = layout
            }
        }
        return first ?? hash ?? TaggedLayout(hasTabs: false, columns: 0, line: nil)
    }

    private init(hasTabs: Bool, columns: Int, line: Int?) {
        self.hasTabs = hasTabs
        self.columns = columns
        self.line = line
    }

    private init(_ line: ArraySlice<UInt8>, _ number: Int) {
        hasTabs = line.contains(Self.tab)
        columns = Self.split(line, hasTabs: hasTabs).count
        self.line = number
    }

    /// Splits a line into columns.
    func split(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        Self.split(line, hasTabs: hasTabs)
    }

    private static func split(
        _ line: ArraySlice<UInt8>, hasTabs: Bool
    ) -> [ArraySlice<UInt8>] {
        hasTabs
            ? line.split(separator: tab, omittingEmptySubsequences: false)
            : line.split(separator: space)
    }

    /// Whether a line, split into `fields`, has this layout.
    func fits(_ line: ArraySlice<UInt8>, _ fields: [ArraySlice<UInt8>]) -> Bool {
        fields.count == columns && (hasTabs || !line.contains(Self.tab))
    }

    /// Throws if a line has another layout.
    func check(
        _ line: ArraySlice<UInt8>, _ fields: [ArraySlice<UInt8>], _ number: Int, _ text: TaskText
    ) throws(TaskDataError) {
        guard !fits(line, fields) else { return }
        guard let first = self.line else {
            throw text.error(
                number, "CoNLL-U has 10 columns separated by tabs, found \(fields.count)")
        }
        let divider = hasTabs ? "tabs" : "spaces"
        guard hasTabs || !line.contains(Self.tab) else {
            throw text.error(
                number,
                "a tab, where line \(first) divides its columns by spaces; use one of the two")
        }
        throw text.error(
            number,
            "\(counted(fields.count, "column")) divided by \(divider), where "
                + "line \(first) has \(columns); every line needs a word, its tag, and the same number "
                + "of columns")
    }

    /// Whether a line ends a sentence: it consists of white space, as Python's `str.strip` defines
    /// it.
    static func isBlank(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first(where: { $0 != space && $0 != tab }) else { return true }
        // Fast path: most lines begin with a letter.
        guard first >= 0x80 || first < space else { return false }
        return String(decoding: line, as: UTF8.self).unicodeScalars.allSatisfy(PythonText.isSpace)
    }

    /// Whether a line of CoNLL-2003 begins a document, ignoring leading white space.
    static func isDocumentStart(_ line: ArraySlice<UInt8>) -> Bool {
        line.drop { $0 == space || $0 == tab }.starts(with: "-DOCSTART-".utf8)
    }
}
