import CHDF5

/// Shapes as dataspaces of the library.
enum Dataspace {
    /// Number of elements, or nil on overflow or a negative size.
    static func count(_ shape: [Int]) -> Int? {
        var total = 1
        for size in shape {
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard !overflow, size >= 0 else { return nil }
            total = product
        }
        return total
    }

    /// A dataspace of that shape (empty shape: one scalar).
    /// - Parameter extendible: whether the first dimension may grow without limit.
    static func create(_ shape: [Int], extendible: Bool = false) throws(HDF5Error) -> Handle {
        if shape.isEmpty {
            let id = try Library.call("H5Screate", .inputOutput, "creating a scalar dataspace") {
                H5Screate(H5S_SCALAR)
            }
            return Handle(id, .dataspace)
        }
        let sizes = shape.map { hsize_t($0) }
        var limits = sizes
        if extendible { limits[0] = chdf5_unlimited() }
        let id = try Library.call("H5Screate_simple", .inputOutput, "creating dataspace \(shape)") {
            H5Screate_simple(Int32(shape.count), sizes, limits)
        }
        return Handle(id, .dataspace)
    }

    /// Shape of an open dataspace; sizes that do not fit are an error of the file.
    static func shape(of space: borrowing Handle, in owner: hid_t) throws(HDF5Error) -> [Int] {
        let space = space.id
        let rank = try Library.call(
            "H5Sget_simple_extent_ndims", .badData, on: owner, "reading the shape"
        ) { H5Sget_simple_extent_ndims(space) }
        guard rank > 0 else {
            let isNull = Library.locked { H5Sget_simple_extent_type(space) == H5S_NULL }
            return isNull ? [0] : []
        }
        var sizes = [hsize_t](repeating: 0, count: Int(rank))
        try Library.call(
            "H5Sget_simple_extent_dims", .badData, on: owner, "reading the shape"
        ) { H5Sget_simple_extent_dims(space, &sizes, nil) }
        let shape = sizes.map { Int(clamping: $0) }
        // Empty shapes are included, so that sizes of rows can be multiplied without overflow
        // checks.
        guard count(shape.map { max($0, 1) }) != nil else {
            throw HDF5Error(.badData, "\(Library.place(owner)): impossible shape \(sizes)")
        }
        return shape
    }

    /// Selects rows of the first dimension.
    static func select(
        rows: Range<Int>, of shape: [Int], in space: borrowing Handle
    ) throws(HDF5Error) {
        var start = [hsize_t](repeating: 0, count: shape.count)
        var count = shape.map { hsize_t($0) }
        start[0] = hsize_t(rows.lowerBound)
        count[0] = hsize_t(rows.count)
        let id = space.id
        try Library.call("H5Sselect_hyperslab", .badData, "selecting rows \(rows)") {
            H5Sselect_hyperslab(id, H5S_SELECT_SET, start, nil, count, nil)
        }
    }
}
