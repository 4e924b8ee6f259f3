import FileNames

/// Text as displayed by a terminal.
enum TextWidth {
    /// Display width of the text: 2 columns for East Asian wide characters, 0 for combining ones.
    static func columns(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns($1) }
    }

    /// Longest prefix within the given number of columns.
    static func cut(_ text: String, columns limit: Int) -> String {
        var result = String.UnicodeScalarView()
        var used = 0
        for scalar in text.unicodeScalars {
            used += columns(scalar)
            if used > limit { break }
            result.append(scalar)
        }
        return String(result)
    }

    /// Pads text with spaces to a width.
    static func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - columns(text)))
        return right ? spaces + text : text + spaces
    }

    /// Escapes text. External names may contain terminal control characters, and bytes that are not
    /// UTF-8.
    static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in FileName.visible(text).unicodeScalars {
            if scalar == "\t" {
                result.append(" ")
                continue
            }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            result.append(isControl && scalar != "\n" ? "\u{FFFD}" : scalar)
        }
        return String(result)
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        // Shown as `\xE4`.
        if FileName.byte(of: scalar) != nil { return 4 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// Approximate blocks of wide and full-width characters in Unicode's EastAsianWidth.txt.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
        0x20000...0x3FFFD,
    ]
}
