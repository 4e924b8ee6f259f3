import ExitCoding

/// Recognizes comments in a file of tagged words. CoNLL-2003 has none, but many similar files do.
///
/// `#` is also a word. A line that begins with it is a comment
/// - before the first word of a sentence, if it does not have the file's column layout (GermEval's
///   `# TAB address`, JNLPBA's `###MEDLINE:...`), or reads `# key = value`, `# newdoc` or `#
///   newpar` as in CoNLL-U, `#begin document` or `#end document` as in CoNLL-2012, or begins with
///   `# ` and its tag contains a `=` (MultiCoNER's `# id ... domain=en`);
/// - within a sentence, if it begins with `# `, `#` and a tab, or `##`, and does not have the
///   file's column layout.
///
/// All other lines are words.
struct TaggedComments {
    /// Number of skipped comments, and the line of the first.
    private var skipped: (count: Int, line: Int)?
    /// Tags of the word `#` where other words of the sentence follow, with their first lines, and
    /// tags of other words.
    private var hashTags: [String: Int] = [:]
    private var otherTags: Set<String> = []

    static let mark = UInt8(ascii: "#")
    private static let equals = UInt8(ascii: "=")
    /// Prefixes of comments in known formats.
    private static let keywords = ["# newdoc", "# newpar", "#begin document", "#end document"]

    /// Returns whether a line is a comment, and counts it if so.
    mutating func skips(
        _ line: ArraySlice<UInt8>, _ fields: [ArraySlice<UInt8>], _ layout: TaggedLayout, tag: Int,
        isFirst: Bool, _ number: Int
    ) -> Bool {
        guard line.first == Self.mark,
            isComment(line, fields, fits: layout.fits(line, fields), tag: tag, isFirst: isFirst)
        else { return false }
        skipped = (count: (skipped?.count ?? 0) + 1, line: skipped?.line ?? number)
        return true
    }

    private func isComment(
        _ line: ArraySlice<UInt8>, _ fields: [ArraySlice<UInt8>], fits: Bool, tag: Int,
        isFirst: Bool
    ) -> Bool {
        let next = line.dropFirst().first
        let isSpaced = next == UInt8(ascii: " ")
        guard fits else {
            return isFirst || isSpaced || next == UInt8(ascii: "\t") || next == Self.mark
        }
        guard isFirst else { return false }
        if Self.keywords.contains(where: { line.starts(with: $0.utf8) }) { return true }
        guard isSpaced else { return false }
        let place = tag < 0 ? fields.count + tag : tag
        let hasPair = line.split(separator: UInt8(ascii: " ")).dropFirst(2).first == [Self.equals]
        return hasPair || fields.indices.contains(place) && fields[place].contains(Self.equals)
    }

    /// Records the tag of a line read as a word.
    mutating func note(tag: String, _ line: ArraySlice<UInt8>, isFirst: Bool, _ number: Int) {
        let isHash =
            line.first == Self.mark && isFirst
            && [UInt8(ascii: " "), UInt8(ascii: "\t")].contains(line.dropFirst().first)
        if isHash {
            if hashTags[tag] == nil { hashTags[tag] = number }
        } else {
            otherTags.insert(tag)
        }
    }

    /// Notes for the user.
    var notes: [String] {
        var notes: [String] = []
        if let skipped {
            let lines =
                counted(skipped.count, "line that begins", "lines that begin")
            notes.append(
                "\(lines) with # \(skipped.count == 1 ? "is" : "are") skipped as "
                    + "comments, the first is line \(skipped.line)")
        }
        let odd = hashTags.filter { $0.key != "#" && !otherTags.contains($0.key) }
        if let first = odd.min(by: { $0.value < $1.value }) {
            notes.append(
                "line \(first.value) is taken for the word # with the tag \(visible(first.key)), "
                    + "which no other word has; if it is a comment, remove it")
        }
        return notes
    }
}
