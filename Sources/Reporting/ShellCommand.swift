import FileNames

/// A command for a POSIX shell.
public struct ShellCommand: Sendable, CustomStringConvertible {
    /// Program and arguments.
    public let words: [String]

    /// The command of `words`.
    public init(_ words: [String]) { self.words = words }

    /// The command in a form that can be pasted: words with special characters are quoted.
    public var description: String { words.map(Self.quoted).joined(separator: " ") }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_-./,:+=@%".utf8.contains(byte)
            }
        }
        // zsh expands a leading =.
        if isPlain, let first = word.utf8.first, first != UInt8(ascii: "=") { return word }
        if word.unicodeScalars.contains(where: { FileName.byte(of: $0) != nil }) {
            return printed(FileName.bytes(of: word))
        }
        return "'" + word.replacing("'", with: #"'\''"#) + "'"
    }

    /// A word that is not UTF-8, in the only notation that all shells share: `"$(printf
    /// 'caf\351')"`.
    private static func printed(_ word: [UInt8]) -> String {
        let format = word.map { byte in
            switch byte {
            case 0x20...0x7E where !"'%\\".utf8.contains(byte): String(UnicodeScalar(byte))
            default: "\\" + String(byte >> 6) + String(byte >> 3 & 7) + String(byte & 7)
            }
        }
        return "\"$(printf -- '\(format.joined())')\""
    }
}
