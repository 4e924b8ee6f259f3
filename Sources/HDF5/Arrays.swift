// Array overloads of the same operations. They are convenient, and also needed because the span of
// a temporary array in a throwing call makes the compiler fail (Swift 6.3.1).

extension Dataset {
    /// Writes all elements, last dimension fastest.
    public func write<T: HDF5Element>(_ values: [T]) throws(HDF5Error) {
        let span = values.span
        try write(span)
    }

    /// Writes whole rows (entries of the first dimension) from `row` on.
    public func write<T: HDF5Element>(_ values: [T], atRow row: Int) throws(HDF5Error) {
        let span = values.span
        try write(span, atRow: row)
    }

    /// Appends whole rows to an extendible dataset.
    public func append<T: HDF5Element>(_ values: [T]) throws(HDF5Error) {
        let span = values.span
        try append(span)
    }

    /// Reads whole rows (entries of the first dimension).
    /// - Parameter maximumCount: more elements are an error instead of an allocation.
    public func read<T: HDF5Element>(
        rows: Range<Int>, as type: T.Type = T.self, maximumCount: Int
    ) throws(HDF5Error) -> [T] {
        let shape = try shape()
        guard let first = shape.first, rows.lowerBound >= 0, rows.upperBound <= first else {
            throw HDF5Error(.badData, "\(place): no rows \(rows) in shape \(shape)")
        }
        let width = shape.dropFirst().reduce(1, *)
        guard rows.count <= maximumCount / max(width, 1) else {
            throw HDF5Error(
                .badData,
                "\(place): \(rows.count) rows of shape \(shape), more than the \(maximumCount)"
                    + " elements expected")
        }
        var values = [T](repeating: .zero, count: rows.count * width)
        var span = values.mutableSpan
        try read(rows: rows, into: &span)
        return values
    }
}

extension Container where Self: ~Copyable {
    /// Creates a dataset and writes all of it.
    /// - Parameter values: as many elements as the shape has, last dimension fastest.
    public func writeDataset<T: HDF5Element>(
        _ path: String, shape: [Int], layout: DatasetLayout = .contiguous, _ values: [T]
    ) throws(HDF5Error) {
        let span = values.span
        try writeDataset(path, shape: shape, layout: layout, span)
    }
}
