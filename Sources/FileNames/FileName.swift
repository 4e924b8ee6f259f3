import Glibc

/// Lossless conversion of file names to text: to the system, a name is bytes, which need not be
/// UTF-8.
///
/// A byte 0x80...0xFF that is not part of valid UTF-8 becomes one scalar, U+10F700 plus the byte
/// (like Python's `surrogateescape`, with a private range of plane 16, because Swift's strings hold
/// no surrogates). Real scalars of that range are also escaped byte by byte. So different names are
/// different texts, each of which converts back to its name, and every text is valid Unicode: it
/// passes through JSON, YAML and messages between ranks unchanged.
///
/// All names that enter a program are converted to text here, and all that leave it for the system
/// are converted to bytes in ``withSystemPath(_:_:)``.
public enum FileName {
    /// Scalars that represent single bytes.
    static let escapes: ClosedRange<UInt32> = 0x10_F780...0x10_F7FF

    /// Decodes the bytes of a name with any number of components.
    public static func text(of bytes: some Sequence<UInt8>) -> String {
        let bytes = Array(bytes)
        var escaped: [UInt8] = []
        escaped.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            let length = scalarLength(bytes, at: place)
            if length > 0, !isEscape(bytes, at: place) {
                escaped += bytes[place..<place + length]
                place += length
            } else {
                escaped += escape(of: bytes[place])
                place += 1
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// Decodes a name that a C function returned.
    public static func text(of name: UnsafePointer<CChar>) -> String {
        text(of: UnsafeRawBufferPointer(start: name, count: strlen(name)))
    }

    /// Encodes a name as the system's bytes.
    public static func bytes(of text: String) -> [UInt8] {
        let escaped = Array(text.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(escaped.count)
        var place = 0
        while place < escaped.count {
            if isEscape(escaped, at: place) {
                bytes.append(0x80 | (escaped[place + 2] & 1) << 6 | escaped[place + 3] & 0x3F)
                place += 4
            } else {
                bytes.append(escaped[place])
                place += 1
            }
        }
        return bytes
    }

    /// Returns the byte that a scalar represents; nil for a scalar that represents itself.
    public static func byte(of scalar: Unicode.Scalar) -> UInt8? {
        escapes.contains(scalar.value) ? UInt8(truncatingIfNeeded: scalar.value) : nil
    }

    /// Replaces escapes with `\xE4` in a text for people, and keeps everything else.
    public static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { byte(of: $0) != nil }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if let byte = byte(of: scalar) {
                result += visible(byte)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Returns `\xE4` for the byte 0xE4.
    public static func visible(_ byte: UInt8) -> String {
        "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    /// Encodes an escape, U+10F780...U+10F7FF, in UTF-8: F4 8F 9E 80 to F4 8F 9F BF.
    private static func escape(of byte: UInt8) -> [UInt8] {
        [0xF4, 0x8F, 0x9E | (byte >> 6) & 1, 0x80 | byte & 0x3F]
    }

    private static func isEscape(_ bytes: [UInt8], at place: Int) -> Bool {
        bytes.count - place >= 4 && bytes[place] == 0xF4 && bytes[place + 1] == 0x8F
            && bytes[place + 2] & 0xFE == 0x9E && bytes[place + 3] & 0xC0 == 0x80
    }

    /// Returns the byte length of the valid UTF-8 scalar at a position; 0 if there is none. Table
    /// 3-7 of the Unicode Standard.
    private static func scalarLength(_ bytes: [UInt8], at place: Int) -> Int {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[place] {
        case 0...0x7F: return 1
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: return 0
        }
        guard bytes.count - place >= length, second.contains(bytes[place + 1]) else { return 0 }
        let isWhole = bytes[(place + 2)..<(place + length)].allSatisfy { $0 & 0xC0 == 0x80 }
        return isWhole ? length : 0
    }
}
