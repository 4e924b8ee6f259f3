/// Recognizes periods of abbreviations, initials and numbers, which do not end a sentence.
enum AbbreviationRules {
    /// Whether the period at `period`, followed by white space, does not end a sentence.
    ///
    /// - Parameters:
    ///   - sentenceStart: Start of the sentence.
    ///   - next: Start of the next word.
    static func isAbbreviation(
        in text: UnsafeBufferPointer<UInt8>, period: Int, sentenceStart: Int, next: Int
    ) -> Bool {
        var start = period
        while start > sentenceStart && period - start < 16 && isWordByte(text[start - 1]) {
            start -= 1
        }
        guard start < period else { return false }
        let word = UnsafeBufferPointer(rebasing: text[start..<period])
        if word.allSatisfy(isDigit) {
            // "1. The first item".
            return start == sentenceStart && word.count <= 3
        }
        let name = String(decoding: word, as: UTF8.self).lowercased()
        if neverLast.contains(name) { return true }
        if isCapital(word[0]) && titles.contains(name) { return true }
        if beforeNumbers.contains(name) && isDigit(text[next]) { return true }
        let isDotted = word.contains(UInt8(ascii: ".")) && !word.contains(where: isDigit)
        let mayEnd = isInitial(word) || isDotted || oftenLast.contains(name)
        return mayEnd && !beginsLikeSentence(text, next)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || isCapital(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80
            || byte == UInt8(ascii: ".")
    }

    /// "J" of "J. Smith"; but "I" is more often the pronoun.
    private static func isInitial(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
        word.count == 1 && isCapital(word[0]) && word[0] != UInt8(ascii: "I")
    }

    /// Whether the word at `start` begins sentences more often than it is a name.
    private static func beginsLikeSentence(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int
    ) -> Bool {
        let letters = text[start...].prefix(12).prefix { byte in
            isCapital(byte) || (0x61...0x7A).contains(byte)
        }
        return openers.contains(String(decoding: letters, as: UTF8.self))
    }

    /// Never the last word of a sentence, regardless of case.
    private static let neverLast = words(
        "mr mrs ms dr prof v vs e.g i.e cf viz messrs mme mlle z.b d.h bzw")

    /// Never the last word if capitalized, because names follow.
    private static let titles = words(
        "st sr gen col lt capt sgt maj cpl cmdr adm rev hon gov sen rep pres supt insp mt ft fr")

    /// Not the last word when a number follows.
    private static let beforeNumbers = words(
        "no nos nr p pp vol vols fig figs eq eqs sec ch chap art par op "
            + "b c ca d fl r approx "
            + "jan feb mar apr jun jul aug sep sept oct nov dec")

    /// About as often the last word of a sentence as not.
    private static let oftenLast = words("etc inc ltd co corp jr al bros dept univ est ave blvd rd")

    private static let openers: Set<String> = Set(
        """
        The A An In On At He She It They We You I This That These Those There Then But And Or So \
        If When While As After Before For From However His Her Its Their My Our What Who How Why \
        Where By To With Although Since Some Many Most One No Not Another Also Today Later During \
        Despite Because Until Under Over Both Each All Such Thus Therefore Meanwhile Now Here
        """.split(separator: " ").map(String.init))

    private static func words(_ text: String) -> Set<String> {
        Set(text.split(separator: " ").map(String.init))
    }
}
