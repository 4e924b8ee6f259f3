import CHDF5

/// Text is UTF-8. Attributes are written with variable length, which h5py returns as `str`;
/// datasets with a fixed length, so that readers know the size before reading.
enum Text {
    /// A string type of that many bytes, or of variable length.
    static func type(
        byteCount: Int?, characters: H5T_cset_t = H5T_CSET_UTF8
    ) throws(HDF5Error) -> Handle {
        let copy = try Library.call("H5Tcopy", .inputOutput, "string type") {
            H5Tcopy(chdf5_c_string())
        }
        let type = Handle(copy, .datatype)
        let size = byteCount ?? chdf5_variable_length()
        try Library.call("H5Tset_size", .inputOutput, "string type") { H5Tset_size(type.id, size) }
        try Library.call("H5Tset_cset", .inputOutput, "string type") {
            H5Tset_cset(type.id, characters)
        }
        if byteCount != nil {
            try Library.call("H5Tset_strpad", .inputOutput, "string type") {
                H5Tset_strpad(type.id, H5T_STR_NULLPAD)
            }
        }
        return type
    }

    /// Storage of a string.
    struct Storage: Sendable {
        /// Whether it is a string.
        var isText: Bool
        /// Length in bytes; nil for variable length.
        var byteCount: Int?
        /// ASCII or UTF-8; the library does not convert between them.
        var characters: H5T_cset_t

        init(_ type: hid_t) {
            isText = H5Tget_class(type) == H5T_STRING
            let isVariable = isText && H5Tis_variable_str(type) > 0
            byteCount = isText && !isVariable ? H5Tget_size(type) : nil
            characters = isText ? H5Tget_cset(type) : H5T_CSET_UTF8
        }
    }

    /// Reads one string.
    /// - Parameters:
    ///   - owner: named in messages.
    ///   - read: C call that fills a buffer of the given memory type.
    static func read(
        storage: Storage, maximumByteCount: Int, owner: hid_t,
        what: String, space: borrowing Handle,
        _ read: (hid_t, UnsafeMutableRawPointer?) -> herr_t
    ) throws(HDF5Error) -> String {
        let count = Dataspace.count(try Dataspace.shape(of: space, in: owner))
        guard storage.isText, count == 1, storage.byteCount ?? 0 <= maximumByteCount else {
            throw HDF5Error(
                .badData,
                "\(Library.place(owner)): \(what) is not one text of at most "
                    + "\(maximumByteCount) bytes")
        }
        let type = try type(byteCount: storage.byteCount, characters: storage.characters)
        if let size = storage.byteCount {
            var bytes = [UInt8](repeating: 0, count: size)
            try Library.call("H5Dread", .badData, on: owner, "reading \(what)") {
                bytes.withUnsafeMutableBytes { read(type.id, $0.baseAddress) }
            }
            let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
            return try decode(bytes[..<end], owner, what)
        }
        return try readVariable(type, maximumByteCount, owner, what, space, read)
    }

    private static func readVariable(
        _ type: borrowing Handle, _ maximumByteCount: Int, _ owner: hid_t, _ what: String,
        _ space: borrowing Handle, _ read: (hid_t, UnsafeMutableRawPointer?) -> herr_t
    ) throws(HDF5Error) -> String {
        let (type, space) = (type.id, space.id)
        var pointer: UnsafeMutablePointer<CChar>?
        try Library.call("H5Dread", .badData, on: owner, "reading \(what)") {
            withUnsafeMutablePointer(to: &pointer) { read(type, $0) }
        }
        var bytes: [UInt8] = []
        if let pointer {
            let raw = UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
            var length = 0
            while length <= maximumByteCount && raw[length] != 0 { length += 1 }
            bytes = Array(UnsafeBufferPointer(start: raw, count: length))
        }
        _ = Library.locked {
            withUnsafeMutablePointer(to: &pointer) {
                H5Dvlen_reclaim(type, space, chdf5_default(), $0)
            }
        }
        guard bytes.count <= maximumByteCount else {
            throw HDF5Error(
                .badData,
                "\(Library.place(owner)): \(what) has more than \(maximumByteCount) bytes")
        }
        return try decode(bytes[...], owner, what)
    }

    private static func decode(
        _ bytes: ArraySlice<UInt8>, _ owner: hid_t, _ what: String
    ) throws(HDF5Error) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw HDF5Error(.badData, "\(Library.place(owner)): \(what) is not UTF-8")
        }
        return text
    }
}

extension AttributeOwner where Self: ~Copyable {
    /// Stores a text without zero characters, of at most 60,000 bytes (longer: `writeText`).
    public func setAttribute(_ name: String, _ text: String) throws(HDF5Error) {
        precondition(text.utf8.count <= 60_000, "HDF5 limits attributes to 64 KiB")
        precondition(!text.utf8.contains(0), "HDF5 ends variable-length text at a zero")
        let type = try Text.type(byteCount: nil)
        let space = try Dataspace.create([])
        let attribute = try createAttribute(name, type: type.id, space: space)
        try Library.call("H5Awrite", .inputOutput, on: id, "writing attribute \(name)") {
            text.withCString { characters in
                withUnsafePointer(to: characters) { H5Awrite(attribute.id, type.id, $0) }
            }
        }
        try attribute.close()
    }

    /// Reads a text, of variable or fixed length.
    public func textAttribute(
        _ name: String, maximumByteCount: Int = 1 << 20
    ) throws(HDF5Error) -> String {
        let attribute = try openAttribute(name)
        let space = try attributeSpace(attribute, name)
        let storage = try withType(of: attribute, name) { Text.Storage($0) }
        let raw = attribute.id
        return try Text.read(
            storage: storage, maximumByteCount: maximumByteCount, owner: id,
            what: "attribute \(name)", space: space
        ) { H5Aread(raw, $0, $1) }
    }
}

extension Container where Self: ~Copyable {
    /// Stores one text of any length as a scalar dataset; it must not end in a zero character.
    public func writeText(_ path: String, _ text: String) throws(HDF5Error) {
        precondition(text.utf8.last != 0, "zeros at the end would be taken for padding")
        var text = text
        let type = try Text.type(byteCount: max(text.utf8.count, 1))
        let dataset = try createDataset(
            path, datatype: type.id, space: Dataspace.create([]), layout: .contiguous)
        try Library.call("H5Dwrite", .inputOutput, on: dataset.id, "writing text") {
            text.withUTF8 { bytes in
                // An empty text is stored as one zero, the padding.
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { zero in
                    zero.initialize(repeating: 0)
                    let start = bytes.isEmpty ? UnsafePointer(zero.baseAddress) : bytes.baseAddress
                    return H5Dwrite(
                        dataset.id, type.id, chdf5_all(), chdf5_all(), chdf5_default(), start)
                }
            }
        }
        try dataset.close()
    }

    /// Reads a scalar text dataset, of variable or fixed length.
    /// - Parameter maximumByteCount: a longer one is an error.
    public func readText(
        _ path: String, maximumByteCount: Int
    ) throws(HDF5Error) -> String {
        let dataset = try dataset(path)
        let type = try dataset.datatype()
        let storage = Library.locked { Text.Storage(type.id) }
        return try Text.read(
            storage: storage, maximumByteCount: maximumByteCount, owner: dataset.id,
            what: "text", space: dataset.space()
        ) { H5Dread(dataset.id, $0, chdf5_all(), chdf5_all(), chdf5_default(), $1) }
    }
}
