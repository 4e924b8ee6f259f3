/// One input of a reader: files that lie together in a directory.
struct FuzzInput {
    /// How a file is mutated.
    enum Kind {
        /// Text: lines, tokens, and the elements between brackets and commas.
        case text
        /// Bytes without a structure.
        case bytes
        /// A header of JSON behind its length, then bytes.
        case safetensors
        /// An HDF5 file, and what is in it.
        case hdf5(HDF5Sketch)
    }

    /// One file.
    struct File {
        var name: String
        var kind = Kind.text
        var bytes: [UInt8]
        /// How often it is mutated, against the other files.
        var weight = 1
    }

    var files: [File]

    /// A single text file.
    init(_ name: String, _ text: String) {
        files = [File(name: name, bytes: Array(text.utf8))]
    }

    init(files: [File]) { self.files = files }
}

/// What a reader promised and did not keep: the fuzzer's findings, but for crashes.
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

/// One reader of files, as the fuzzer drives it.
protocol FuzzReader: Sendable {
    /// Its name on the command line.
    var name: String { get }
    /// The number of cases of the fastest readers that take as long as one of this one.
    var cost: Int { get }
    /// The errors by which it may refuse an input.
    var refusals: [any Error.Type] { get }
    /// Good inputs, the same at every call, made below `scratch`.
    func seeds(_ scratch: String) throws -> [FuzzInput]
    /// Brings checksums and sizes up to date after a mutation, so that they do not hide the reader.
    func complete(_ input: inout FuzzInput, _ random: inout FuzzRandom)
    /// Reads the files of `directory`, and what follows from them.
    ///
    /// - Throws: the reader's refusal, or `FuzzFault` where a promise about an accepted input does
    ///   not hold.
    func read(_ directory: String) throws
    /// Whether a refusal says where it comes from.
    func isPlaced(_ message: String, _ directory: String) -> Bool
}

extension FuzzReader {
    var cost: Int { 1 }
    func complete(_ input: inout FuzzInput, _ random: inout FuzzRandom) {}
    func isPlaced(_ message: String, _ directory: String) -> Bool { message.contains(directory) }
}
