/// View of consecutive elements that a `Block` (or a caller's buffer) owns and keeps alive.
///
/// Views are values without ownership, like spans, but can be stored and used from several threads;
/// threads that share a view agree on which of them writes which elements.
public struct Vector<Element: BitwiseCopyable>: @unchecked Sendable {
    /// Pointer to the first element.
    public let base: UnsafeMutablePointer<Element>
    /// Number of elements.
    public let count: Int

    /// Creates a view of `count` elements from `base` on.
    @inlinable
    public init(base: UnsafeMutablePointer<Element>, count: Int) {
        precondition(count >= 0, "negative count")
        self.base = base
        self.count = count
    }

    /// View of the elements of `range`.
    @inlinable
    public subscript(range: Range<Int>) -> Vector {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
        return Vector(base: base + range.lowerBound, count: range.count)
    }

    /// Element at `index`.
    @inlinable
    public subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "index out of bounds")
            return base[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "index out of bounds")
            base[index] = newValue
        }
    }

    /// Elements as a buffer.
    @inlinable public var buffer: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    /// Returns the elements as a row-major matrix.
    ///
    /// - Precondition: `rows * columns == count`.
    @inlinable
    public func matrix(rows: Int, columns: Int) -> Matrix<Element> {
        precondition(rows * columns == count, "shape does not match the count")
        return Matrix(base: base, rows: rows, columns: columns, stride: columns)
    }

    /// Overwrites every element with `value`.
    @inlinable
    public func fill(_ value: Element) {
        buffer.update(repeating: value)
    }

    /// Overwrites all elements with those of `other`, whose count is equal.
    @inlinable
    public func copy(from other: Vector) {
        precondition(count == other.count, "counts differ")
        // In a caller that is not specialized for the type, `update` would ask the runtime to copy
        // each element separately.
        UnsafeMutableRawPointer(base).copyMemory(
            from: other.base, byteCount: count * MemoryLayout<Element>.stride)
    }
}

/// View of a row-major matrix whose rows are `stride` elements apart.
public struct Matrix<Element: BitwiseCopyable>: @unchecked Sendable {
    /// Pointer to the first element of the first row.
    public let base: UnsafeMutablePointer<Element>
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int
    /// Distance between consecutive rows, in elements.
    public let stride: Int

    /// Creates a view of `rows` rows of `columns` elements from `base` on.
    @inlinable
    public init(base: UnsafeMutablePointer<Element>, rows: Int, columns: Int, stride: Int) {
        precondition(rows >= 0 && columns >= 0 && stride >= columns, "impossible shape")
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    /// Whether the rows are contiguous.
    @inlinable public var isContiguous: Bool { stride == columns }

    /// Returns a view of the rows of `range`.
    @inlinable
    public func rows(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows out of bounds")
        return Matrix(
            base: base + range.lowerBound * stride, rows: range.count, columns: columns,
            stride: stride)
    }

    /// Returns a view of the columns of `range`.
    @inlinable
    public func columns(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns out of bounds")
        return Matrix(
            base: base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }

    /// Returns row `index`.
    @inlinable
    public func row(_ index: Int) -> Vector<Element> {
        precondition(index >= 0 && index < rows, "row out of bounds")
        return Vector(base: base + index * stride, count: columns)
    }

    /// All elements of a matrix without gaps.
    @inlinable public var elements: Vector<Element> {
        precondition(isContiguous, "matrix has gaps")
        return Vector(base: base, count: rows * columns)
    }
}
