/// A position in an input at which it is not UTF-8 text.
public struct TextFault: Equatable, Sendable, CustomStringConvertible {
    /// Path or other name of the input.
    public let source: String
    /// Line of the fault, from 1.
    public let line: Int
    /// Offset of the fault in the input, from 0.
    public let byteOffset: Int
    /// The kind of fault.
    public let kind: Kind

    /// Kinds of faults.
    public enum Kind: Sendable, Equatable {
        /// An invalid UTF-8 sequence.
        case notUTF8
        /// A NUL byte.
        case nul
        /// A file of another format, recognized by its first bytes.
        case format(FileFormat)
    }

    /// Describes the fault at `byteOffset` of an input that begins with the bytes `head`.
    package init(source: String, line: Int, byteOffset: Int, byte: UInt8, head: [UInt8]) {
        self.source = source
        self.line = line
        self.byteOffset = byteOffset
        kind = FileFormat(head: head).map(Kind.format) ?? (byte == 0 ? .nul : .notUTF8)
    }

    /// The name of standard input in messages.
    package static let standardInput = "standard input"

    /// Description of the fault, its position, and how to fix it.
    public var description: String {
        let place = "\(source), line \(line), byte \(byteOffset)"
        return switch kind {
        case .format(let format): "\(place): this is \(format.name), not text; \(advice(format))"
        case .notUTF8:
            "\(place): the text is not valid UTF-8; convert it (iconv -f LATIN1 -t UTF-8, or from "
                + "whatever it is in), or pass --replace-invalid to go on without such bytes"
        case .nul:
            "\(place): a NUL byte, which is not text; convert the file if it is UTF-16 "
                + "(iconv -f UTF-16LE -t UTF-8), or pass --replace-invalid to go on without it"
        }
    }

    private func advice(_ format: FileFormat) -> String {
        let isPipe = source == Self.standardInput
        let file = isPipe ? "FILE" : source
        return switch format.remedy {
        case .pipe(let command):
            "decompress it first: \(command) \(file) | ..."
                + (isPipe ? "" : " with - in the place of the file")
        case .convert(let encoding):
            "convert it first: iconv -f \(encoding) -t UTF-8 \(file)"
        case .extract: "give the text that it holds"
        }
    }
}

/// File formats that are commonly mistaken for text.
public struct FileFormat: Sendable, Equatable {
    /// Name with its article, if any, for "this is ...".
    let name: String
    let remedy: Remedy

    enum Remedy: Sendable, Equatable {
        /// A command that writes the content to standard output.
        case pipe(String)
        /// The name of the encoding for iconv.
        case convert(String)
        case extract
    }

    /// Recognizes the format of a file that begins with `head`. Text may begin like some formats,
    /// so this is only called for input that has proved not to be text.
    init?(head: [UInt8]) {
        if let known = Self.magic.first(where: { head.starts(with: $0.bytes) }) {
            self = known.format
        } else if head.count >= 8, let encoding = Self.utf16(head) {
            self.init(encoding, .convert(encoding))
        } else {
            return nil
        }
    }

    private init(_ name: String, _ remedy: Remedy) {
        self.name = name
        self.remedy = remedy
    }

    /// UTF-16 without a byte order mark, of text that is mostly ASCII.
    private static func utf16(_ head: [UInt8]) -> String? {
        let pairs = head.count / 2
        let zeros = (0..<2).map { side in (0..<pairs).count { head[2 * $0 + side] == 0 } }
        if zeros[0] == 0 && 2 * zeros[1] > pairs { return "UTF-16LE" }
        if zeros[1] == 0 && 2 * zeros[0] > pairs { return "UTF-16BE" }
        return nil
    }

    private static let magic: [(bytes: [UInt8], format: FileFormat)] = [
        ([0x1F, 0x8B], FileFormat("gzip", .pipe("zcat"))),
        (Array("BZh".utf8), FileFormat("bzip2", .pipe("bzcat"))),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], FileFormat("xz", .pipe("xzcat"))),
        ([0x28, 0xB5, 0x2F, 0xFD], FileFormat("zstd", .pipe("zstdcat"))),
        ([0x04, 0x22, 0x4D, 0x18], FileFormat("lz4", .pipe("lz4cat"))),
        ([0x5D, 0x00, 0x00], FileFormat("lzma", .pipe("xzcat"))),
        ([0x50, 0x4B, 0x03, 0x04], FileFormat("a zip archive", .pipe("unzip -p"))),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], FileFormat("a 7z archive", .pipe("7z x -so"))),
        (Array("%PDF-".utf8), FileFormat("PDF", .extract)),
        (Array("PAR1".utf8), FileFormat("Parquet", .extract)),
        ([0x89, 0x48, 0x44, 0x46], FileFormat("HDF5", .extract)),
        ([0xFF, 0xFE, 0x00, 0x00], FileFormat("UTF-32", .convert("UTF-32"))),
        ([0xFF, 0xFE], FileFormat("UTF-16", .convert("UTF-16"))),
        ([0xFE, 0xFF], FileFormat("UTF-16", .convert("UTF-16"))),
    ]
}
