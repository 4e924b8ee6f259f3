import CHDF5

/// Storage layout of a dataset.
public struct DatasetLayout: Sendable, Equatable {
    /// Shape of one chunk, or nil for contiguous storage.
    public var chunk: [Int]?
    /// Whether rows can be appended (requires chunks).
    public var extendible = false
    /// Compression level 1 to 9, or nil for none (requires chunks).
    public var gzip: Int?
    /// Whether bytes are regrouped before compression, which helps integers.
    public var shuffle = false
    /// Whether each chunk has a checksum that is verified at each read.
    public var fletcher32 = false
    /// Whether chunks are cached in memory until they are complete, as appending small pieces
    /// requires. Otherwise each piece should consist of whole chunks, and a failed write, for
    /// example on a full disk, is reported at once instead of when the dataset is closed.
    public var cachesChunks = true

    /// Contiguous, without filters: the fastest to read and write.
    public static var contiguous: DatasetLayout { DatasetLayout(chunk: nil) }

    /// Chunks of that shape.
    public static func chunked(
        _ chunk: [Int], extendible: Bool = false, gzip: Int? = nil, shuffle: Bool = false,
        fletcher32: Bool = false, cachesChunks: Bool = true
    ) -> DatasetLayout {
        DatasetLayout(
            chunk: chunk, extendible: extendible, gzip: gzip, shuffle: shuffle,
            fletcher32: fletcher32, cachesChunks: cachesChunks)
    }
}

extension Container where Self: ~Copyable {
    /// Creates a dataset; the groups above it must exist.
    /// - Parameters:
    ///   - path: path of the dataset in this group.
    ///   - type: element type in the file.
    ///   - shape: sizes, slowest first; empty for a scalar.
    ///   - layout: chunks and filters.
    public func createDataset(
        _ path: String, of type: ElementType, shape: [Int],
        layout: DatasetLayout = .contiguous
    ) throws(HDF5Error) -> Dataset {
        let space = try Dataspace.create(shape, extendible: layout.extendible)
        return try createDataset(path, datatype: type.stored, space: space, layout: layout)
    }

    /// Creates a dataset and writes all of it.
    /// - Parameter values: as many elements as the shape has, last dimension fastest.
    public func writeDataset<T: HDF5Element>(
        _ path: String, shape: [Int], layout: DatasetLayout = .contiguous, _ values: Span<T>
    ) throws(HDF5Error) {
        let dataset = try createDataset(path, of: T.elementType, shape: shape, layout: layout)
        try dataset.write(values)
        try dataset.close()
    }

    func createDataset(
        _ path: String, datatype: hid_t, space: borrowing Handle, layout: DatasetLayout
    ) throws(HDF5Error) -> Dataset {
        let raw = try Library.call("H5Pcreate", .inputOutput, "dataset properties") {
            H5Pcreate(chdf5_dataset_create_class())
        }
        let properties = Handle(raw, .properties)
        try layout.apply(to: properties)
        let rawAccess = try Library.call("H5Pcreate", .inputOutput, "dataset access properties") {
            H5Pcreate(chdf5_dataset_access_class())
        }
        let access = Handle(rawAccess, .properties)
        if !layout.cachesChunks {
            try Library.call("H5Pset_chunk_cache", .inputOutput, "dataset access properties") {
                chdf5_disable_chunk_cache(access.id)
            }
        }
        let space = space.id
        let created = try Library.call(
            "H5Dcreate2", .inputOutput, on: id, "creating dataset \(path)"
        ) {
            H5Dcreate2(id, path, datatype, space, chdf5_default(), properties.id, access.id)
        }
        return Dataset(Handle(created, .dataset))
    }
}

extension DatasetLayout {
    fileprivate func apply(to properties: borrowing Handle) throws(HDF5Error) {
        precondition(
            chunk != nil || !(extendible || gzip != nil || shuffle || fletcher32),
            "growth and filters need chunks")
        let id = properties.id
        let set = { (name: String, body: () -> herr_t) throws(HDF5Error) in
            _ = try Library.call(name, .inputOutput, "dataset properties", body)
        }
        try set("H5Pset_obj_track_times") { chdf5_disable_times(id) }
        guard let chunk else { return }
        let sizes = chunk.map { hsize_t($0) }
        try set("H5Pset_chunk") { H5Pset_chunk(id, Int32(sizes.count), sizes) }
        if shuffle { try set("H5Pset_shuffle") { H5Pset_shuffle(id) } }
        if let gzip { try set("H5Pset_deflate") { H5Pset_deflate(id, UInt32(gzip)) } }
        if fletcher32 { try set("H5Pset_fletcher32") { H5Pset_fletcher32(id) } }
    }
}
