import Glibc

/// Human-readable numbers.
public enum HumanFormat {
    /// A fixed number of decimals: "5.1234"; "nan", "inf" and "-inf" for non-finite values.
    public static func fixed(_ value: Double, decimals: Int) -> String {
        printed("%.\(decimals)f", value)
    }

    /// Three significant digits with an exponent: "1.00e-04".
    public static func scientific(_ value: Double) -> String { printed("%.2e", value) }

    /// A fraction as a percentage: "12.3%".
    public static func percent(_ part: Double) -> String { fixed(part * 100, decimals: 1) + "%" }

    /// A count, with three digits above 999: "999", "12.3 k", "1.23 M", "110 M".
    public static func count(_ value: Int) -> String {
        let (digits, prefix) = scaled(Double(value))
        return abs(value) < 1000 ? String(value) : "\(digits) \(prefix)"
    }

    /// A speed: "12.3k tokens/s".
    public static func rate(_ perSecond: Double, of things: String) -> String {
        guard perSecond.isFinite else { return "? \(things)/s" }
        let (digits, prefix) = scaled(perSecond)
        return "\(digits)\(prefix) \(things)/s"
    }

    /// Floating-point operations: "1.23 TFLOP/s".
    public static func operations(_ perSecond: Double) -> String {
        guard perSecond.isFinite else { return "? FLOP/s" }
        let (digits, prefix) = scaled(perSecond)
        return "\(digits) \(prefix)FLOP/s"
    }

    /// Decimal units, three digits: "999 bytes", "1.23 kB", "438 MB".
    public static func bytes(_ value: Int) -> String {
        guard abs(value) >= 1000 else { return "\(value) bytes" }
        let (digits, prefix) = scaled(Double(value))
        return "\(digits) \(prefix)B"
    }

    /// Time in at most two units: "0.25 s", "7.5 s", "42 s", "3 min 05 s", "1 h 03 min", "2 d 05 h".
    public static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "?" }
        if seconds < 0.995 { return fixed(seconds, decimals: 2) + " s" }
        if seconds < 9.95 { return fixed(seconds, decimals: 1) + " s" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(twoDigits(whole % 60)) s"
        case ..<86_400: return "\(whole / 3600) h \(twoDigits(whole % 3600 / 60)) min"
        default: return "\(whole / 86_400) d \(twoDigits(whole % 86_400 / 3600)) h"
        }
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// Three significant digits and the decimal prefix, "" below 999.5.
    private static func scaled(_ value: Double) -> (digits: String, prefix: String) {
        let prefixes = ["", "k", "M", "G", "T", "P", "E"]
        var rest = value
        var index = 0
        // 999.5 would round to 1000.
        while abs(rest) >= 999.5 && index + 1 < prefixes.count {
            rest /= 1000
            index += 1
        }
        let decimals = abs(rest) < 9.995 ? 2 : abs(rest) < 99.95 ? 1 : 0
        return (fixed(rest, decimals: decimals), prefixes[index])
    }

    /// Uses the C library, whose rounding is exact.
    private static func printed(_ format: String, _ value: Double) -> String {
        withVaList([value]) { arguments in
            var text = [CChar](repeating: 0, count: 400)
            let count = vsnprintf(&text, text.count, format, arguments)
            let bytes = text.prefix(max(0, Int(count))).map(UInt8.init(bitPattern:))
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
