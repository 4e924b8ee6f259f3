import DurableFiles

/// Lines of a file, read in pieces, because a log may have hundreds of megabytes.
struct LineReader: ~Copyable {
    private let path: String
    private let file: RandomAccessFile
    private let size: Int
    /// Offset of the next byte to read.
    private var next: Int
    /// Bytes read and not yet returned, and their start.
    private var buffer: [UInt8] = []
    private var start = 0

    private static let pieceBytes = 1 << 20
    private static let maximumLineBytes = 64 << 20
    private static let newline = UInt8(ascii: "\n")

    /// Starts reading at byte `offset`.
    init(_ path: String, from offset: Int = 0) throws(FileError) {
        let file = try RandomAccessFile.open(path)
        let size = try file.byteCount()
        self.init(path, file, size: size, from: offset)
    }

    private init(
        _ path: String, _ file: consuming RandomAccessFile, size: Int, from offset: Int
    ) {
        self.path = path
        self.file = file
        self.size = size
        next = min(offset, size)
    }

    /// Offset in the file of the line that ``next()`` returns next.
    var offset: Int { next - (buffer.count - start) }

    /// Returns the next line without its terminator, and whether it had one; nil after the last.
    mutating func nextLine() throws(FileError) -> (bytes: ArraySlice<UInt8>, isWhole: Bool)? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: Self.newline) {
                defer { start = end + 1 }
                return (buffer[start..<end], true)
            }
            guard next < size else {
                defer { start = buffer.count }
                return start < buffer.count ? (buffer[start...], false) : nil
            }
            guard buffer.count - start < Self.maximumLineBytes else {
                throw FileError(
                    .badData, path, "has a line of more than 64 MB: it is damaged; move it away")
            }
            buffer.removeFirst(start)
            (searched, start) = (buffer.count, 0)
            try readPiece()
        }
    }

    private mutating func readPiece() throws(FileError) {
        let piece = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(Self.pieceBytes, size - next), alignment: 16)
        defer { piece.deallocate() }
        try file.read(piece, at: next)
        buffer += piece
        next += piece.count
    }
}
