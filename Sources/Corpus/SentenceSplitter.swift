import Tokenization

/// Splits a line of UTF-8 text into sentences.
///
/// A sentence ends at `.`, `!`, `?` or `…` with any closing quotes and brackets after it, if white
/// space and something that can begin a sentence follow. It does not end after abbreviations,
/// initials and a number at the start of a line. It also ends at `。`, `！`, `？`, `｡` and at `…`
/// after CJK text, whatever follows, except punctuation that continues the sentence, and likewise
/// at the marks of other scripts (`SentenceTerminals`: danda, Arabic question mark, ...). The end
/// of a line always ends a sentence, so text with one sentence per line is unchanged, unless a line
/// contains several.
package struct SentenceSplitter {
    private let text: UnsafeBufferPointer<UInt8>
    private var lowQuotes = LowQuotes()

    /// Calls `body` with the byte range of each sentence of `line`, excluding surrounding white
    /// space.
    package static func forEachSentence(
        in line: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void
    ) {
        var splitter = SentenceSplitter(text: line)
        splitter.split(body)
    }

    private init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    private mutating func split(_ body: (Range<Int>) -> Void) {
        var start = skipSpace(0)
        var position = start
        while position < text.count {
            guard isTrigger(text[position]) else {
                position += 1
                continue
            }
            let stop = terminator(at: position)
            guard stop.end > position else {
                position += 1
                continue
            }
            if isBoundary(stop, from: position, sentenceStart: start) {
                body(start..<stop.end)
                start = skipSpace(stop.end)
                position = start
            } else {
                position = stop.end
            }
        }
        let end = trimmedEnd(after: start)
        if end > start { body(start..<end) }
    }

    /// Whether `byte` can begin a terminator.
    @inline(__always)
    private func isTrigger(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), 0xE2, 0xE3, 0xEF: true
        // First bytes of `SentenceTerminals`.
        case 0xD6, 0xD8, 0xDB, 0xDC, 0xDF, 0xE0, 0xE1, 0xEA, 0xF0: true
        default: false
        }
    }

    private func trimmedEnd(after start: Int) -> Int {
        WhiteSpace.trimmed(start..<text.count, of: text).upperBound
    }

    private func skipSpace(_ position: Int) -> Int {
        var position = position
        while position < text.count {
            let isMark = matches(position, 0xEF, 0xBB, 0xBF)  // Byte order mark.
            let length = isMark ? 3 : WhiteSpace.length(at: position, in: text)
            if length == 0 { break }
            position += length
        }
        return position
    }

    private func matches(_ position: Int, _ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
        position + 2 < text.count && text[position] == a && text[position + 1] == b
            && text[position + 2] == c
    }
}

/// Terminators.
extension SentenceSplitter {
    /// Punctuation that may end a sentence, with all closing quotes and brackets after it.
    private struct Terminator {
        var end: Int
        /// End of the first run of marks, before any quotes.
        var marksEnd: Int
        var periods = 0
        /// `!` or `?`.
        var hasStrong = false
        /// `…`.
        var hasEllipsis = false
        /// `。`, `！`, `？`, `｡` or a mark of another script, which needs no space after it.
        var hasWide = false
    }

    private mutating func terminator(at start: Int) -> Terminator {
        var stop = Terminator(end: start, marksEnd: start)
        while absorbMark(&stop) {}
        stop.marksEnd = stop.end
        guard stop.end > start else { return stop }
        while absorbMark(&stop) || absorbCloser(&stop) {}
        return stop
    }

    private func absorbMark(_ stop: inout Terminator) -> Bool {
        guard stop.end < text.count else { return false }
        switch text[stop.end] {
        case UInt8(ascii: "."):
            stop.periods += 1
        case UInt8(ascii: "!"), UInt8(ascii: "?"):
            stop.hasStrong = true
        default:
            let isEllipsis = matches(stop.end, 0xE2, 0x80, 0xA6)
            guard isEllipsis || isWideStop(stop.end) else { return absorbTerminal(&stop) }
            stop.hasEllipsis = stop.hasEllipsis || isEllipsis
            stop.hasWide = stop.hasWide || !isEllipsis
            stop.end += 3
            return true
        }
        stop.end += 1
        return true
    }

    /// Consumes a mark of `SentenceTerminals`.
    private func absorbTerminal(_ stop: inout Terminator) -> Bool {
        guard isTrigger(text[stop.end]) else { return false }
        let value = scalar(at: stop.end)
        guard Self.isTerminal(value) else { return false }
        // Double marks and similar ones of Latin text (U+203C) are followed by a space.
        if (0x2000...0x2E7F).contains(value) { stop.hasStrong = true } else { stop.hasWide = true }
        stop.end += value < 0x800 ? 2 : value < 0x10000 ? 3 : 4
        return true
    }

    private static func isTerminal(_ value: UInt32) -> Bool {
        let ranges = SentenceTerminals.ranges
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].last < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].first <= value
    }

    /// `。`, `！`, `？`, `｡`.
    private func isWideStop(_ position: Int) -> Bool {
        matches(position, 0xE3, 0x80, 0x82) || matches(position, 0xEF, 0xBC, 0x81)
            || matches(position, 0xEF, 0xBC, 0x9F) || matches(position, 0xEF, 0xBD, 0xA1)
    }

    private mutating func absorbCloser(_ stop: inout Terminator) -> Bool {
        guard stop.end < text.count else { return false }
        var length = closerLength(stop.end)
        if length == 0, closesLowQuote(stop.end) { length = 3 }
        stop.end += length
        return length > 0
    }

    /// Length of the closing quote or bracket at `position`, or 0.
    private func closerLength(_ position: Int) -> Int {
        let byte = text[position]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ")"), UInt8(ascii: "]"),
            UInt8(ascii: "}"):
            return 1
        case 0xC2:  // »
            return position + 1 < text.count && text[position + 1] == 0xBB ? 2 : 0
        case 0xE2, 0xE3, 0xEF:
            guard position + 2 < text.count else { return 0 }
            let code =
                Int(byte) << 16 | Int(text[position + 1]) << 8 | Int(text[position + 2])
            return Self.wideClosers.contains(code) ? 3 : 0
        default:
            return 0
        }
    }

    /// Whether `position` is at the `“` or `‘` of a quotation that `„` or `‚` opened on this line, as in
    /// German and Czech; in English they open one.
    private mutating func closesLowQuote(_ position: Int) -> Bool {
        let isDouble = matches(position, 0xE2, 0x80, 0x9C)
        guard isDouble || matches(position, 0xE2, 0x80, 0x98) else { return false }
        lowQuotes.read(text, to: position)
        return isDouble ? lowQuotes.isDoubleOpen : lowQuotes.isSingleOpen
    }

    /// `”` `’` `›` `」` `』` `】` `》` `〉` `〕` `）` `］` `＂` as three bytes of UTF-8.
    private static let wideClosers: Set<Int> = [
        0xE2809D, 0xE28099, 0xE280BA, 0xE3808D, 0xE3808F, 0xE38091, 0xE3808B, 0xE38089, 0xE38095,
        0xEFBC89, 0xEFBCBD, 0xEFBC82,
    ]
}

/// Whether a terminator ends its sentence.
extension SentenceSplitter {
    private func isBoundary(_ stop: Terminator, from start: Int, sentenceStart: Int) -> Bool {
        let next = skipSpace(stop.end)
        guard next < text.count else { return true }
        if stop.hasWide || (stop.hasEllipsis && isWide(before: start)) {
            // After a quotation and a space, a lowercase letter continues the enclosing sentence.
            let isQuoted = stop.end > stop.marksEnd && next > stop.end && isLowercase(next)
            return !isQuoted && !continuesSentence(next)
        }
        guard next > stop.end else {
            // Chinese text with ASCII marks has no space between sentences.
            return (stop.hasStrong || stop.hasEllipsis) && isCJK(scalar(at: next))
        }
        guard canBeginSentence(next) else { return false }
        guard stop.periods == 1, !stop.hasStrong, !stop.hasEllipsis, stop.end == stop.marksEnd
        else { return true }
        return !AbbreviationRules.isAbbreviation(
            in: text, period: start, sentenceStart: sentenceStart, next: next)
    }

    /// Whether the punctuation at `position` continues the preceding sentence: `，、；：,;:` and the
    /// Arabic `،؛`.
    private func continuesSentence(_ position: Int) -> Bool {
        switch text[position] {
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"): true
        default:
            matches(position, 0xEF, 0xBC, 0x8C) || matches(position, 0xE3, 0x80, 0x81)
                || matches(position, 0xEF, 0xBC, 0x9B) || matches(position, 0xEF, 0xBC, 0x9A)
                || [0x60C, 0x61B].contains(scalar(at: position))
        }
    }

    /// Whether the text at `position`, after opening quotes and brackets, can begin a sentence:
    /// anything but a lowercase letter and punctuation that continues one.
    private func canBeginSentence(_ position: Int) -> Bool {
        var position = position
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: "["),
                UInt8(ascii: "{"):
                position += 1
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: ","), UInt8(ascii: ";"),
                UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: ")"), UInt8(ascii: "]"),
                UInt8(ascii: "}"):
                return false
            case 0x80...:
                let value = scalar(at: position)
                // “ ‘ „ «
                guard [0x201C, 0x2018, 0x201E, 0xAB].contains(value) else {
                    return !isLowercase(position)
                }
                position += value == 0xAB ? 2 : 3
            default:
                return true
            }
        }
        return false
    }

    private func isLowercase(_ position: Int) -> Bool {
        Unicode.Scalar(scalar(at: position))?.properties.isLowercase ?? false
    }

    /// Code point at `position`; the text is valid UTF-8.
    private func scalar(at position: Int) -> UInt32 {
        let lead = text[position]
        let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard length > 1, position + length <= text.count else { return UInt32(lead) }
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for index in 1..<length { value = value << 6 | UInt32(text[position + index] & 0x3F) }
        return value
    }

    private func isCJK(_ value: UInt32) -> Bool {
        (0x2E80...0x9FFF).contains(value) || (0xF900...0xFAFF).contains(value)
            || (0xFF00...0xFFEF).contains(value) || (0x20000...0x3FFFF).contains(value)
    }

    /// Whether the character that ends before `position` is CJK.
    private func isWide(before position: Int) -> Bool {
        var start = position - 1
        while start > 0 && text[start] & 0xC0 == 0x80 { start -= 1 }
        return start >= 0 && isCJK(scalar(at: start))
    }
}

/// The quotations that `„` and `‚` have opened, read from the start of a line, each byte once.
private struct LowQuotes {
    private(set) var isDoubleOpen = false
    private(set) var isSingleOpen = false
    private var position = 0

    /// Reads on to the byte before `end`, which is not before those that were read.
    mutating func read(_ text: UnsafeBufferPointer<UInt8>, to end: Int) {
        while position < end {
            if text[position] == 0xE2, position + 2 < text.count, text[position + 1] == 0x80 {
                switch text[position + 2] {
                case 0x9E: isDoubleOpen = true
                case 0x9C: isDoubleOpen = false
                case 0x9A: isSingleOpen = true
                case 0x98: isSingleOpen = false
                default: break
                }
            }
            position += 1
        }
    }
}
