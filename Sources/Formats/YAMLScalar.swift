/// The text of YAML scalars: YAML 1.2's core schema without the surprises of YAML 1.1 (`no` is not
/// false, `0123` is not octal, `1_000` is not a number).
package enum YAMLScalar {
    package static func isNull(_ text: String) -> Bool {
        text.isEmpty || ["~", "null", "Null", "NULL"].contains(text)
    }

    package static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// A finite decimal number; `1e-4` is accepted although YAML 1.1 requires `1.0e-4`.
    package static func number(_ text: String) -> Double? {
        let allowed = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
        }
        guard allowed, !hasLeadingZero(text), let value = Double(text), value.isFinite else {
            return nil
        }
        return value
    }

    /// An exact integer, including forms such as `1e6` or `16.0`.
    package static func integer(_ text: String) -> Int? {
        guard !hasLeadingZero(text) else { return nil }
        if let value = Int(text) { return value }
        return number(text).flatMap { Int(exactly: $0) }
    }

    private static func hasLeadingZero(_ text: String) -> Bool {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        guard digits.first == UInt8(ascii: "0"), let second = digits.dropFirst().first else {
            return false
        }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(second)
    }

    /// The shortest decimal text that parses to exactly `value`, also in YAML 1.1 (`1.0e-05`).
    package static func text(_ value: Double) -> String {
        let text = value.description
        guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
        return text[..<exponent] + ".0" + text[exponent...]
    }

    /// `text` as a YAML scalar that every parser reads as a string: unquoted if that is safe,
    /// otherwise in double quotes.
    package static func text(_ text: String) -> String {
        guard !isBare(text) else { return text }
        var result = "\""
        for scalar in text.unicodeScalars { result += quoted(scalar) }
        return result + "\""
    }

    private static func isBare(_ text: String) -> Bool {
        let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        guard let first = text.utf8.first, !words.contains(text.lowercased()) else { return false }
        return (isLetter(first) || "_/".utf8.contains(first))
            && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "_/.-+".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func quoted(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            let zeros = String(repeating: "0", count: 8 - digits.count)
            return "\\U" + zeros + digits
        default: return String(scalar)
        }
    }
}
