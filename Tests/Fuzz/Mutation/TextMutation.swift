/// Mutations of text that keep most of its structure: tokens, elements of lists and objects, lines.
struct TextMutation {
    /// Tokens and lines of all valid inputs of the reader.
    let tokens: [[UInt8]]
    let lines: [[UInt8]]

    init(_ texts: [[UInt8]]) {
        var tokens: [[UInt8]] = []
        var lines: [[UInt8]] = []
        for text in texts {
            let scan = TextScan(text)
            tokens += scan.tokens.prefix(2000).map { Array(text[$0]) }
            lines += scan.lines.prefix(500).map { Array(text[$0]) }
        }
        self.tokens = tokens
        self.lines = lines
    }

    func apply(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
        let scan = TextScan(bytes)
        switch random.below(8) {
        case 0, 1, 2: mutateToken(&bytes, scan, &random)
        case 3, 4: mutateElements(&bytes, scan, &random)
        case 5, 6: mutateLines(&bytes, scan, &random)
        default: mutateWhole(&bytes, scan, &random)
        }
    }

    private func mutateToken(
        _ bytes: inout [UInt8], _ scan: TextScan, _ random: inout FuzzRandom
    ) {
        guard let token = random.pickAny(of: scan.tokens) else { return }
        let isQuoted = bytes[token.lowerBound] == UInt8(ascii: "\"")
        switch random.below(7) {
        case 0, 1:
            bytes.replaceSubrange(token, with: random.pick(HostileValues.numbers).utf8)
        case 2: bytes.replaceSubrange(token, with: random.pick(HostileValues.words).utf8)
        case 3:
            let text = random.pick(HostileValues.texts)
            let quote = isQuoted ? [UInt8(ascii: "\"")] : []
            bytes.replaceSubrange(token, with: quote + text + quote)
        case 4: bytes.replaceSubrange(token, with: random.pickAny(of: tokens) ?? [])
        case 5: bytes.removeSubrange(token)
        default: stretch(&bytes, token, &random)
        }
    }

    /// A token repeated thousands of times, as one.
    private func stretch(
        _ bytes: inout [UInt8], _ token: Range<Int>, _ random: inout FuzzRandom
    ) {
        let isQuoted = bytes[token.lowerBound] == UInt8(ascii: "\"")
        let place = isQuoted ? token.lowerBound + 1 : token.lowerBound
        let filler = random.pick(["1", "a", "\u{301}", "é", "[", "##", "0."])
        let limit = random.once(in: 40) ? 1_000_000 : 3000
        let count = random.length(upTo: limit)
        bytes.insert(contentsOf: Array(repeating: filler, count: count).joined().utf8, at: place)
    }

    private func mutateElements(
        _ bytes: inout [UInt8], _ scan: TextScan, _ random: inout FuzzRandom
    ) {
        guard let element = random.pickAny(of: scan.elements),
            let other = random.pickAny(of: scan.elements)
        else { return mutateToken(&bytes, scan, &random) }
        let comma = [UInt8(ascii: ",")]
        switch random.below(6) {
        case 0:
            let end = min(element.upperBound + 1, bytes.count)
            bytes.removeSubrange(element.lowerBound..<end)
        case 1:
            let count = random.once(in: 30) ? 2000 : 1
            let copy = Array(bytes[element]) + comma
            guard copy.count * count < ByteMutation.maximumBytes else { return }
            bytes.insert(
                contentsOf: Array(repeating: copy, count: count).joined(), at: element.lowerBound)
        case 2: bytes.replaceSubrange(element, with: Array(bytes[other]))
        case 3: nest(&bytes, element, &random)
        case 4:
            // The value of a member gets another type.
            guard let colon = bytes[element].firstIndex(of: UInt8(ascii: ":")) else { return }
            let value = random.pick(HostileValues.words + HostileValues.numbers)
            bytes.replaceSubrange(colon + 1..<element.upperBound, with: " \(value)".utf8)
        default: swap(&bytes, element, other)
        }
    }

    private func nest(
        _ bytes: inout [UInt8], _ element: Range<Int>, _ random: inout FuzzRandom
    ) {
        let depth = random.pick([1, 2, 16, 63, 64, 65, 500, 10_000, 100_000])
        let (open, close) = random.once(in: 3) ? ("{\"a\":", "}") : ("[", "]")
        bytes.insert(
            contentsOf: String(repeating: close, count: depth).utf8, at: element.upperBound)
        bytes.insert(
            contentsOf: String(repeating: open, count: depth).utf8, at: element.lowerBound)
    }

    private func swap(_ bytes: inout [UInt8], _ first: Range<Int>, _ second: Range<Int>) {
        guard !first.overlaps(second), first.lowerBound != second.lowerBound else { return }
        let (low, high) = first.lowerBound < second.lowerBound ? (first, second) : (second, first)
        guard low.upperBound <= high.lowerBound else { return }
        let (a, b) = (Array(bytes[low]), Array(bytes[high]))
        bytes.replaceSubrange(high, with: a)
        bytes.replaceSubrange(low, with: b)
    }

    private func mutateLines(
        _ bytes: inout [UInt8], _ scan: TextScan, _ random: inout FuzzRandom
    ) {
        guard let line = random.pickAny(of: scan.lines) else { return }
        let feed = [UInt8(ascii: "\n")]
        let start = line.lowerBound
        switch random.below(8) {
        case 0: bytes.removeSubrange(start..<min(line.upperBound + 1, bytes.count))
        case 1: bytes.insert(contentsOf: Array(bytes[line]) + feed, at: start)
        case 2: bytes.insert(contentsOf: (random.pickAny(of: lines) ?? []) + feed, at: start)
        case 3: bytes.replaceSubrange(line, with: random.pickAny(of: lines) ?? [])
        case 4:
            let indent = random.pick(["  ", " ", "\t", "\u{3000}", "- ", "# ", "\u{FEFF}"])
            bytes.insert(contentsOf: indent.utf8, at: start)
        case 5:
            let tail = random.pick([" ", "\t", "\r", " #", ":", ",", "\\", "\u{A0}"])
            bytes.insert(contentsOf: tail.utf8, at: line.upperBound)
        case 6:
            if let other = random.pickAny(of: scan.lines) { swap(&bytes, line, other) }
        default:
            let copy = Array(bytes[line]) + feed
            let count = min(random.length(upTo: 3000), ByteMutation.maximumBytes / copy.count)
            bytes.insert(contentsOf: Array(repeating: copy, count: count).joined(), at: start)
        }
    }

    private func mutateWhole(
        _ bytes: inout [UInt8], _ scan: TextScan, _ random: inout FuzzRandom
    ) {
        switch random.below(7) {
        case 0: bytes.insert(contentsOf: [0xEF, 0xBB, 0xBF], at: 0)
        case 1: replaceLineEnds(&bytes, random.pick(["\r\n", "\r", "\n\n", "\u{2028}", "\t"]))
        case 2: if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        case 3: bytes += bytes.prefix(ByteMutation.maximumBytes / 2)
        case 4: bytes = bytes.flatMap { [$0, 0] }  // UTF-16
        case 5:
            let place = random.below(bytes.count + 1)
            bytes.insert(contentsOf: random.pick(HostileValues.texts), at: place)
        default: if random.once(in: 4) { bytes = [] }
        }
    }

    private func replaceLineEnds(_ bytes: inout [UInt8], _ end: String) {
        bytes = Array(
            bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .joined(separator: Array(end.utf8)))
    }
}
