import CHDF5

extension Dataset {
    /// Writes all elements, last dimension fastest. Numbers are converted to the stored type; those
    /// outside its range are clamped.
    public func write<T: HDF5Element>(_ values: Span<T>) throws(HDF5Error) {
        let shape = try shape()
        precondition(values.count == Dataspace.count(shape), "one value for each element")
        try transfer(values, memory: chdf5_all(), file: chdf5_all())
    }

    /// Writes whole rows (entries of the first dimension), starting at `row`.
    /// - Parameter values: a multiple of the elements of one row.
    public func write<T: HDF5Element>(
        _ values: Span<T>, atRow row: Int
    ) throws(HDF5Error) {
        let shape = try shape()
        let rows = rowRange(values.count, at: row, in: shape)
        precondition(rows.upperBound <= shape[0], "rows \(rows) of \(shape[0])")
        try write(values, rows: rows, of: shape)
    }

    /// Appends whole rows to an extendible dataset.
    public func append<T: HDF5Element>(_ values: Span<T>) throws(HDF5Error) {
        var shape = try shape()
        precondition(!shape.isEmpty, "a scalar has no rows")
        let rows = rowRange(values.count, at: shape[0], in: shape)
        guard !rows.isEmpty else { return }
        shape[0] = rows.upperBound
        let sizes = shape.map { hsize_t($0) }
        try Library.call("H5Dset_extent", .inputOutput, on: id, "growing to \(shape)") {
            H5Dset_extent(id, sizes)
        }
        try write(values, rows: rows, of: shape)
    }

    private func rowRange(_ count: Int, at row: Int, in shape: [Int]) -> Range<Int> {
        let width = shape.dropFirst().reduce(1, *)
        precondition(!shape.isEmpty && width > 0 && count % width == 0, "whole rows only")
        return row..<(row + count / width)
    }

    private func write<T: HDF5Element>(
        _ values: Span<T>, rows: Range<Int>, of shape: [Int]
    ) throws(HDF5Error) {
        guard !values.isEmpty else { return }
        let file = try space()
        try Dataspace.select(rows: rows, of: shape, in: file)
        let memory = try Dataspace.create([values.count])
        try transfer(values, memory: memory.id, file: file.id)
    }

    private func transfer<T: HDF5Element>(
        _ values: Span<T>, memory: hid_t, file: hid_t
    ) throws(HDF5Error) {
        let native = T.elementType
        try Library.call("H5Dwrite", .inputOutput, on: id, "writing") {
            values.withUnsafeBufferPointer {
                H5Dwrite(id, native.native, memory, file, chdf5_default(), $0.baseAddress)
            }
        }
    }
}
