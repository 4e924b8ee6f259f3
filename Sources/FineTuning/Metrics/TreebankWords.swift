/// Word tokenizer equivalent to `nltk.word_tokenize(line, preserve_line=True)`
/// (`NLTKWordTokenizer`, after Robert MacIntyre's Treebank script).
///
/// The text is treated as one sentence: NLTK's sentence splitter, a trained model, is omitted. It
/// only matters if a run of text between two Chinese characters contains several sentences.
///
/// Each step below is one regular expression of NLTK, matched from left to right. Steps that only
/// add spaces next to spaces are omitted.
package enum TreebankWords {
    private typealias Text = [Unicode.Scalar]

    /// Splits a text into words.
    package static func split(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var text = openingQuotes(text)
        text = punctuation(text)
        text = padded(text) { "[]()<>{}".unicodeScalars.contains($0) }
        text = replacing(text) { $0.matches("--", at: $1) ? (2, Text(" -- ".unicodeScalars)) : nil }
        text = closingQuotes([" "] + text + [" "])
        return PythonText.split(contractions(text))
    }

    private static func openingQuotes(_ text: Text) -> Text {
        var text = replacing(text) { text, index in
            if text[index] == "`" {
                let end = text[index...].firstIndex { $0 != "`" } ?? text.count
                return (end - index, [" "] + text[index..<end] + [" "])
            }
            return "«“‘„".unicodeScalars.contains(text[index]) ? (1, [" ", text[index], " "]) : nil
        }
        if text.first == "\"" { text.replaceSubrange(0..<1, with: ["`", "`"]) }
        text = replacing(text) { text, index in
            text.matches("``", at: index) ? (2, [" ", "`", "`", " "]) : nil
        }
        text = replacing(text) { text, index in
            guard " ([{<".unicodeScalars.contains(text[index]) else { return nil }
            if text.matches("\"", at: index + 1) { return (2, [text[index], " ", "`", "`", " "]) }
            return text.matches("''", at: index + 1)
                ? (3, [text[index], " ", "`", "`", " "]) : nil
        }
        return replacing(text) { text, index in
            guard text[index] == "'", index == 0 || !PythonText.isWord(text[index - 1]),
                index + 1 < text.count, PythonText.isWord(text[index + 1]),
                !["re", "ve", "ll", "m", "t", "s", "d", "n"].contains(where: {
                    text.matchesWord($0, at: index + 1)
                })
            else { return nil }
            return (1, ["'", " "])
        }
    }

    private static func punctuation(_ text: Text) -> Text {
        var text = finalPeriod(text)
        text = replacing(text) { text, index in
            guard text[index] == ":" || text[index] == ",", index + 1 < text.count,
                text[index + 1].properties.generalCategory != .decimalNumber
            else { return nil }
            return (2, [" ", text[index], " ", text[index + 1]])
        }
        if let last = text.last, last == ":" || last == "," {
            text.replaceSubrange((text.count - 1)..., with: [" ", last, " "])
        }
        text = replacing(text) { text, index in
            let end = text[index...].firstIndex { $0 != "." } ?? text.count
            return end - index >= 2 ? (end - index, [" "] + text[index..<end] + [" "]) : nil
        }
        text = padded(text) {
            ";@#$%&?!".unicodeScalars.contains($0) || (0x2012...0x2015).contains($0.value)
        }
        text = replacing(text) { text, index in
            text[index] != "'" && text.matches("' ", at: index + 1)
                ? (3, [text[index], " ", "'", " "]) : nil
        }
        return padded(text) { $0 == "*" }
    }

    /// A final period, followed only by closing brackets, quotes and spaces.
    private static func finalPeriod(_ text: Text) -> Text {
        let closing = "])}>\"'»”’ ".unicodeScalars
        var end = text.count
        while end > 0, PythonText.isSpace(text[end - 1]) { end -= 1 }
        guard let dot = text[..<end].lastIndex(where: { !closing.contains($0) }), dot > 0,
            text[dot] == ".", text[dot - 1] != "."
        else { return text }
        return text[..<dot] + [" ", ".", " "] + text[(dot + 1)..<end] + [" "]
    }

    private static func closingQuotes(_ text: Text) -> Text {
        var text = padded(text) { "»”’".unicodeScalars.contains($0) }
        text = replacing(text) { text, index in
            text.matches("''", at: index) ? (2, [" ", "'", "'", " "]) : nil
        }
        text = replacing(text) { $0[$1] == "\"" ? (1, [" ", "'", "'", " "]) : nil }
        text = Text(PythonText.split(text).joined(separator: [" "]))
        text = [" "] + text + [" "]
        text = cutOff(["'s", "'m", "'d", "'"], of: text)
        return cutOff(["'ll", "'re", "'ve", "n't"], of: text)
    }

    /// Inserts a space before the given word endings, which must be followed by a space.
    private static func cutOff(_ endings: [String], of text: Text) -> Text {
        replacing(text) { text, index in
            guard text[index] != "'", text[index] != " " else { return nil }
            for ending in endings where text.matches(ending + " ", at: index + 1) {
                let count = ending.unicodeScalars.count
                return (count + 2, [text[index], " "] + Text(ending.unicodeScalars) + [" "])
            }
            return nil
        }
    }

    private static let pairs = [
        ("can", "not"), ("d", "'ye"), ("gim", "me"), ("gon", "na"), ("got", "ta"), ("lem", "me"),
        ("more", "'n"), ("wan", "na"),
    ]

    private static func contractions(_ text: Text) -> Text {
        var text = text
        for (first, second) in pairs {
            text = replacing(text) { text, index in
                guard index == 0 || !PythonText.isWord(text[index - 1]),
                    text.matchesWord(first + second, at: index)
                else { return nil }
                let end = index + (first + second).unicodeScalars.count
                if first == "wan", end == text.count || !PythonText.isSpace(text[end]) {
                    return nil
                }
                return (end - index, Text(" \(first) \(second) ".unicodeScalars))
            }
        }
        for second in ["is", "was"] {
            text = replacing(text) { text, index in
                text[index] == " " && text.matchesWord("'t" + second, at: index + 1)
                    ? (second.count + 3, Text(" 't \(second) ".unicodeScalars)) : nil
            }
        }
        return text
    }

    private static func padded(_ text: Text, _ isMark: (Unicode.Scalar) -> Bool) -> Text {
        replacing(text) { isMark($0[$1]) ? (1, [" ", $0[$1], " "]) : nil }
    }

    /// Replaces non-overlapping matches from left to right: `match` returns the number of code
    /// points to remove (at least 1) and their replacement.
    private static func replacing(
        _ text: Text, _ match: (Text, Int) -> (count: Int, text: Text)?
    ) -> Text {
        var result: Text = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if let found = match(text, index) {
                result += found.text
                index += found.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }
}

extension [Unicode.Scalar] {
    /// Whether `text` stands at `index`.
    fileprivate func matches(_ text: String, at index: Int) -> Bool {
        self[Swift.min(index, count)...].starts(with: text.unicodeScalars)
    }

    /// Whether `word` stands at `index` and a word ends there (`\b`).
    fileprivate func matchesWord(_ word: String, at index: Int) -> Bool {
        let end = index + word.unicodeScalars.count
        return matches(word, at: index) && (end == count || !PythonText.isWord(self[end]))
    }
}
