import CHDF5

/// An open dataset of numbers (or one text, see `Container.readText`).
public struct Dataset: AttributeOwner, ~Copyable {
    private let handle: Handle

    /// The dataset.
    public var identifier: Identifier { Identifier(raw: handle.id) }

    init(_ handle: consuming Handle) { self.handle = handle }

    /// Closes the dataset and throws if that fails, because cached chunks are written here.
    public consuming func close() throws(HDF5Error) { try handle.close() }

    /// Sizes of the dimensions, slowest first; empty for a scalar.
    public func shape() throws(HDF5Error) -> [Int] {
        try Dataspace.shape(of: space(), in: id)
    }

    /// Element type in the file, or nil if it is unsupported (text, 16-bit floats, …).
    public func elementType() throws(HDF5Error) -> ElementType? {
        let type = try datatype()
        return Library.locked {
            ElementType.allCases.first {
                H5Tget_class(type.id) == H5Tget_class($0.native)
                    && H5Tget_size(type.id) == H5Tget_size($0.native)
                    && (H5Tget_class(type.id) != H5T_INTEGER
                        || H5Tget_sign(type.id) == H5Tget_sign($0.native))
            }
        }
    }

    /// "file.h5:/group/name", for messages.
    public var place: String { Library.place(id) }

    func space() throws(HDF5Error) -> Handle {
        let space = try Library.call("H5Dget_space", .badData, on: id, "reading the shape") {
            H5Dget_space(id)
        }
        return Handle(space, .dataspace)
    }

    func datatype() throws(HDF5Error) -> Handle {
        let type = try Library.call("H5Dget_type", .badData, on: id, "reading the element type") {
            H5Dget_type(id)
        }
        return Handle(type, .datatype)
    }

    /// Throws unless HDF5 can convert the stored elements to numbers.
    func requireNumbers() throws(HDF5Error) {
        let type = try datatype()
        let kind = Library.locked { H5Tget_class(type.id) }
        guard kind == H5T_INTEGER || kind == H5T_FLOAT else {
            throw HDF5Error(.badData, "\(place): holds no numbers")
        }
    }

    /// Throws if the data is stored in other files, or in chunks of a size that only a damaged or
    /// hostile file has.
    func requirePlainStorage() throws(HDF5Error) {
        let raw = try Library.call("H5Dget_create_plist", .badData, on: id, "reading the layout") {
            H5Dget_create_plist(id)
        }
        let properties = Handle(raw, .properties)
        let (layout, external) = Library.locked {
            (H5Pget_layout(properties.id), H5Pget_external_count(properties.id))
        }
        let isPlain = layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED
        guard isPlain, external == 0 else {
            throw HDF5Error(
                .badData, "\(place): data in other files (virtual, external) is refused")
        }
        guard layout == H5D_CHUNKED else { return }
        try requireFilters(of: properties)
        var sizes = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
        let rank = Library.locked { H5Pget_chunk(properties.id, H5S_MAX_RANK, &sizes) }
        let count = Dataspace.count(sizes.prefix(Int(max(rank, 0))).map { Int(clamping: $0) })
        guard rank > 0, let count, count <= Dataset.maximumChunkCount else {
            throw HDF5Error(.badData, "\(place): chunks of \(sizes.prefix(Int(rank))) elements")
        }
    }

    /// Throws if the chunks are compressed by a filter that this library lacks.
    private func requireFilters(of properties: borrowing Handle) throws(HDF5Error) {
        let list = properties.id
        let missing = Library.locked { () -> String? in
            for index in 0..<max(0, H5Pget_nfilters(list)) {
                var name = [CChar](repeating: 0, count: 64)
                var (flags, configuration, count) = (UInt32(0), UInt32(0), 0)
                let filter = H5Pget_filter2(
                    list, UInt32(index), &flags, &count, nil, name.count, &name, &configuration)
                guard filter >= 0, H5Zfilter_avail(filter) <= 0 else { continue }
                let text = String(
                    decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                return "\(text.isEmpty ? "without a name" : text) (number \(filter))"
            }
            return nil
        }
        guard let missing else { return }
        throw HDF5Error(
            .badData,
            "\(place): is compressed with the filter \(missing), which this HDF5 library does not "
                + "have; rewrite the file where it is available, for example with "
                + "`h5repack -f GZIP=4 OLD NEW`")
    }

    /// 64 Mi elements, because a whole chunk is held in memory.
    private static var maximumChunkCount: Int { 1 << 26 }
}
