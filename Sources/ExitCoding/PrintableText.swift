import FileNames

extension StringProtocol {
    /// This text with everything escaped that a terminal would interpret instead of showing:
    /// control characters, line ends and marks of writing direction. Bytes of file names that are
    /// not UTF-8 become `\xE4`.
    ///
    /// Names in files may be malicious, and errors that quote them go to terminals and logs.
    package var printable: String { printable(limit: .max) }

    /// Escapes at most `limit` characters in the same way, and replaces the rest with three dots.
    package func printable(limit: Int) -> String {
        var result = ""
        for scalar in unicodeScalars.prefix(limit) {
            if let byte = FileName.byte(of: scalar) {
                result += FileName.visible(byte)
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
                result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return unicodeScalars.dropFirst(limit).isEmpty ? result : result + "..."
    }
}
