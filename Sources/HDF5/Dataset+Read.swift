import CHDF5

extension Dataset {
    /// Reads all elements.
    /// - Parameter maximumCount: more elements are an error instead of an allocation, because the
    ///   size stated in a file is not trusted.
    /// - Returns: all elements, last dimension fastest.
    public func read<T: HDF5Element>(
        as type: T.Type = T.self, maximumCount: Int
    ) throws(HDF5Error) -> [T] {
        let shape = try shape()
        let count = Dataspace.count(shape) ?? Int.max
        guard count <= maximumCount else {
            throw HDF5Error(
                .badData, "\(place): \(shape) elements, more than the \(maximumCount) expected")
        }
        var values = [T](repeating: .zero, count: count)
        var span = values.mutableSpan
        try read(into: &span)
        return values
    }

    /// Reads all elements into the caller's buffer, which must have exactly as many. HDF5 converts
    /// the numbers; those outside the range of `T` are clamped.
    public func read<T: HDF5Element>(into values: inout MutableSpan<T>) throws(HDF5Error) {
        try requireNumbers()
        let shape = try shape()
        guard values.count == Dataspace.count(shape) else {
            throw HDF5Error(.badData, "\(place): shape \(shape), not \(values.count) elements")
        }
        try transfer(&values, memory: chdf5_all(), file: chdf5_all())
    }

    /// Reads whole rows (entries of the first dimension) into the caller's buffer.
    /// - Parameters:
    ///   - rows: range of rows; rows outside the dataset are an error of the file.
    ///   - values: exactly as many elements as these rows have.
    public func read<T: HDF5Element>(
        rows: Range<Int>, into values: inout MutableSpan<T>
    ) throws(HDF5Error) {
        try requireNumbers()
        let shape = try shape()
        guard let first = shape.first, rows.lowerBound >= 0, rows.upperBound <= first else {
            throw HDF5Error(.badData, "\(place): no rows \(rows) in shape \(shape)")
        }
        let (count, overflow) = shape.dropFirst().reduce(1, *)
            .multipliedReportingOverflow(by: rows.count)
        guard !overflow, values.count == count else {
            throw HDF5Error(
                .badData,
                "\(place): \(rows.count) rows of shape \(shape) are not \(values.count) elements")
        }
        guard count > 0 else { return }
        let file = try space()
        try Dataspace.select(rows: rows, of: shape, in: file)
        let memory = try Dataspace.create([count])
        try transfer(&values, memory: memory.id, file: file.id)
    }

    private func transfer<T: HDF5Element>(
        _ values: inout MutableSpan<T>, memory: hid_t, file: hid_t
    ) throws(HDF5Error) {
        let native = T.elementType.native
        try values.withUnsafeMutableBufferPointer { (buffer) throws(HDF5Error) in
            _ = try Library.call("H5Dread", .badData, on: id, "reading; is the file damaged?") {
                H5Dread(id, native, memory, file, chdf5_default(), buffer.baseAddress)
            }
        }
    }
}
