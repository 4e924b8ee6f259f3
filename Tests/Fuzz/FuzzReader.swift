/// One input of a reader: files in one directory.
struct FuzzInput {
    /// Kind of mutation of a file.
    enum Kind {
        /// Text: lines, tokens, and the elements between brackets and commas.
        case text
        /// Bytes without a structure.
        case bytes
        /// A JSON header after its length, then bytes.
        case safetensors
        /// An HDF5 file, and its contents.
        case hdf5(HDF5Sketch)
    }

    /// One file.
    struct File {
        var name: String
        var kind = Kind.text
        var bytes: [UInt8]
        /// Relative frequency of its mutation, compared with the other files.
        var weight = 1
    }

    var files: [File]

    /// Creates an input of a single text file.
    init(_ name: String, _ text: String) {
        files = [File(name: name, bytes: Array(text.utf8))]
    }

    init(files: [File]) { self.files = files }
}

/// A violated guarantee of a reader: the fuzzer's findings other than crashes.
struct FuzzFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// Throws unless a property holds.
    static func require(
        _ holds: Bool, _ description: @autoclosure () -> String
    ) throws(FuzzFault) {
        if !holds { throw FuzzFault(description()) }
    }
}

/// One reader of files, as driven by the fuzzer.
protocol FuzzReader: Sendable {
    /// Its name on the command line.
    var name: String { get }
    /// Duration of one of its cases, in cases of the fastest readers.
    var cost: Int { get }
    /// Errors by which it may reject an input.
    var refusals: [any Error.Type] { get }
    /// Returns valid inputs, the same at every call, written below `scratch`.
    func seeds(_ scratch: String) throws -> [FuzzInput]
    /// Updates checksums and sizes after a mutation, so that they do not shield the reader.
    func complete(_ input: inout FuzzInput, _ random: inout FuzzRandom)
    /// Reads the files of `directory`, and everything derived from them.
    ///
    /// - Throws: the reader's rejection, or `FuzzFault` if a guarantee about an accepted input is
    ///   violated.
    func read(_ directory: String) throws
    /// Whether a rejection states its location.
    func isPlaced(_ message: String, _ directory: String) -> Bool
}

extension FuzzReader {
    var cost: Int { 1 }
    func complete(_ input: inout FuzzInput, _ random: inout FuzzRandom) {}
    func isPlaced(_ message: String, _ directory: String) -> Bool { message.contains(directory) }
}
