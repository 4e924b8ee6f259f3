import Tokenization

/// White space, letters and case as Python's `str` defines them, because the official scoring
/// scripts are written in Python and Swift's `Character` compares differently.
enum PythonText {
    /// `str.isspace` of one code point.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool { WhiteSpace.contains(scalar.value) }

    /// `\w` of `re` for `str`: `str.isalnum`, or the underscore.
    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": return true
            default: return false
            }
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return true
        default: return scalar.properties.numericType != nil
        }
    }

    /// `str.split()`.
    static func split(_ text: some Sequence<Unicode.Scalar>) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = []
        var isInside = false
        for scalar in text {
            if isSpace(scalar) {
                isInside = false
            } else if isInside {
                words[words.count - 1].append(scalar)
            } else {
                words.append([scalar])
                isInside = true
            }
        }
        return words
    }

    /// `str.strip()`.
    static func stripped(_ text: [Unicode.Scalar]) -> ArraySlice<Unicode.Scalar> {
        guard let first = text.firstIndex(where: { !isSpace($0) }),
            let last = text.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return text[first...last]
    }

    /// `text` without white space at its ends; labels and column names are compared in this form.
    static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, let last = scalars.last, isSpace(first) || isSpace(last)
        else { return text }
        return String(scalars: stripped(Array(scalars)))
    }

    /// `str.lower()`: the full mapping of each code point, including the final form of sigma.
    static func lowercased(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        for (index, scalar) in text.enumerated() {
            if scalar.isASCII {
                let isUpper = ("A"..."Z").contains(scalar)
                result.append(isUpper ? Unicode.Scalar(UInt8(scalar.value | 0x20)) : scalar)
            } else if scalar == "\u{3A3}" {
                result.append(isFinalSigma(text, index) ? "\u{3C2}" : "\u{3C3}")
            } else {
                result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return result
    }

    /// The Unicode standard, 3.13, Final_Sigma: preceded by a cased letter and not followed by one,
    /// ignoring case-ignorable code points.
    private static func isFinalSigma(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
        let before = text[..<index].last { !$0.properties.isCaseIgnorable }
        let after = text[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true
    }

    /// `str.find`: index of the first occurrence of `needle` in `text`, or nil.
    static func find(_ needle: [Unicode.Scalar], in text: [Unicode.Scalar]) -> Int? {
        guard let first = needle.first else { return 0 }
        var start = 0
        while start + needle.count <= text.count {
            guard let place = text[start...].firstIndex(of: first),
                place + needle.count <= text.count
            else { return nil }
            if text[place..<place + needle.count].elementsEqual(needle) { return place }
            start = place + 1
        }
        return nil
    }
}

extension String {
    /// Makes a string of code points.
    init(scalars: some Sequence<Unicode.Scalar>) {
        self.init(String.UnicodeScalarView(scalars))
    }
}
