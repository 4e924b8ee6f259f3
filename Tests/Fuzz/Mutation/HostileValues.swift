/// Replacements for numbers and texts: limits of types, and input that is problematic for
/// terminals, paths, decoders and normalizers.
enum HostileValues {
    static let numbers: [String] = [
        "0", "-0", "-1", "1", "2", "7", "127", "128", "255", "256", "32767", "65535", "65536",
        "2147483647", "2147483648", "-2147483649", "4294967295", "4294967296",
        "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "18446744073709551615", "18446744073709551616", "1e400", "-1e400", "1e308", "1e-320",
        "1e-400", "3.5e38", "1e-46", "0.1", "-0.5", "1.0", "1e2", "1e18", "1E+3", "+1", "01",
        "1_000", "0x10", "0o17", "0b1", "1e", "1.", ".5", "NaN", "nan", ".nan", "inf", ".inf",
        "-.inf", "Infinity", "-Infinity", "\u{0661}", "1,5", "1 000",
    ]

    static let words: [String] = [
        "null", "true", "false", "~", "yes", "no", "on", "off", "None", "undefined", "{}", "[]",
        "\"\"", "''", "[[]]", "{\"a\": 1}", "&a", "*a", "<<", "!!python/object", "!!binary", "%",
        "---", "...", "|", ">", "-", "?", "#", "@", "`", "\\", "\"", "'",
    ]

    static let texts: [[UInt8]] =
        [
            "", " ", "\t", "\r", "\r\n", "\u{0}", "\u{FEFF}", "\u{202E}abc", "\u{200B}", "\u{A0}",
            "\u{3000}", "\u{2028}", "\u{85}", "\u{1B}[31m", "\u{7}", "\u{FFFD}", "\u{FFFF}",
            "\u{10FFFF}", "e\u{301}", "\u{E9}", "\u{130}", "\u{DF}", "\u{FB01}", "\u{AC00}",
            "\u{1100}\u{1161}", "\u{1F468}\u{200D}\u{1F469}", "../../../etc/passwd", "/dev/zero",
            "/etc/passwd", "//", ".", "..", "~", "a/b", "$(id)", "%s%n", "\\ud800",
            "\\udc00\\ud800",
            "\\u0000", "[PAD]", "[MASK]", "##", "##a", "-DOCSTART-", "{", "}", "\"", "'",
        ].map { Array($0.utf8) } + [
            [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xFF, 0xFE],
            [0x80], [0xC3],
        ]

    /// Whole numbers in the little-endian bytes of `width`.
    static func bytes(_ value: UInt64, width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static let words64: [UInt64] = [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF,
        0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x7F80_0000, 0x7FC0_0000, 0x10_0000_0000_0000,
        0x7FF0_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
    ]

    static let integers: [Int64] = [
        0, 1, -1, 2, 3, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 1 << 31, -1 << 31, 1 << 32,
        1 << 40, .max, .min, .max - 1,
    ]

    static let doubles: [Double] = [
        0, -0.0, 1, -1, 1e-46, .leastNonzeroMagnitude, 1e39, -1e39, 1e308, .nan, .infinity,
        -.infinity, 65504, 1e-8,
    ]
}
