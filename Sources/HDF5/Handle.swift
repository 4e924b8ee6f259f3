import CHDF5

/// Owns one identifier of the library and closes it once.
struct Handle: ~Copyable {
    /// Kind of an identifier, which determines how it is closed. The raw value is the letter of its
    /// functions, as in `H5Fclose`.
    enum Kind: Character, BitwiseCopyable {
        case file = "F"
        case group = "G"
        case dataset = "D"
        case dataspace = "S"
        case datatype = "T"
        case attribute = "A"
        case properties = "P"
    }

    let id: hid_t
    private let kind: Kind

    /// Takes ownership of an identifier that a successful call returned.
    init(_ id: hid_t, _ kind: Kind) {
        precondition(id >= 0, "an invalid identifier has no owner")
        self.id = id
        self.kind = kind
    }

    // A failed write of the dataset's cached data is not lost: it has spoiled the file, which
    // `File.create` reports.
    deinit {
        if kind == .dataset { try? Handle.flush(id) }
        let (id, kind) = (id, kind)
        _ = Library.locked { Handle.close(id, kind) }
    }

    /// Closes and throws if that fails, because buffered writes fail here.
    consuming func close() throws(HDF5Error) {
        let (id, kind) = (id, kind)
        let place = Library.place(id)
        discard self
        let flushed = Result { () throws(HDF5Error) in
            if kind == .dataset { try Handle.flush(id) }
        }
        try Library.call("H5\(kind.rawValue)close", .inputOutput, "\(place): closing failed") {
            Handle.close(id, kind)
        }
        try flushed.get()
    }

    private static func flush(_ dataset: hid_t) throws(HDF5Error) {
        try Library.call("H5Dflush", .inputOutput, on: dataset, "writing") {
            chdf5_flush_dataset(dataset)
        }
    }

    private static func close(_ id: hid_t, _ kind: Kind) -> herr_t {
        switch kind {
        case .file: chdf5_close_file(id)
        case .group: H5Gclose(id)
        case .dataset: H5Dclose(id)
        case .dataspace: H5Sclose(id)
        case .datatype: H5Tclose(id)
        case .attribute: H5Aclose(id)
        case .properties: H5Pclose(id)
        }
    }
}

/// Identifies an open object of the library; opaque outside this module.
public struct Identifier: Sendable {
    let raw: hid_t
}

/// An object with attributes: a file's root, a group, a dataset.
public protocol AttributeOwner: ~Copyable {
    /// The open object.
    var identifier: Identifier { get }
}

/// A container of named objects: a file's root, a group.
public protocol Container: AttributeOwner, ~Copyable {}

extension AttributeOwner where Self: ~Copyable {
    var id: hid_t { identifier.raw }
}
