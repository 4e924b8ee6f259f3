import Glibc
import Testing
import Tokenization

/// Directory of this file.
let testDirectory = String(#filePath.dropLast("/Support.swift".count))

/// A file of `Golden`.
func golden(_ name: String) throws -> [UInt8] {
    try readFile(testDirectory + "/Golden/" + name)
}

func readFile(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY)
    try #require(file >= 0, "\(path) cannot be opened")
    defer { close(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(file, &block, block.count)
        try #require(count >= 0)
        if count == 0 { return bytes }
        bytes += block[..<count]
    }
}

/// A generator with a seed: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

/// Some words of several scripts, with all kinds of problematic input between them.
func randomText(_ generator: inout SeededGenerator, words: Int) -> [UInt8] {
    let parts: [[UInt8]] =
        [
            "the", "playing", "unplayable", "tokenization", "Cafe\u{301}", "ÜBUNG", "москва", "東京",
            "가각", "a\u{302E}\u{302A}", "≠", "[MASK]", "[CLS", "internationalization", "x\0y",
            "1234567",
            "\u{F900}", ",", "—", "\u{200D}", "\u{FFFD}", "𠀀", "😀", "क़",
        ].map { Array($0.utf8) } + [[0xFF], [0xE2, 0x82], [0xED, 0xA0, 0x80]]
    let gaps: [[UInt8]] = [[0x20], [0x20], [], [0x09], [0x0D], [0x20, 0x20], [0xE3, 0x80, 0x80]]
    var text: [UInt8] = []
    for _ in 0..<words {
        text += parts.randomElement(using: &generator) ?? []
        text += gaps.randomElement(using: &generator) ?? []
    }
    return text
}
