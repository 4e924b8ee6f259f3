/// A view of consecutive elements that a `Block` (or a caller's buffer) owns and keeps alive.
///
/// Views are values without ownership, like spans, but can be stored and used from several
/// threads; those who share one agree who writes which elements.
public struct Vector<Element: BitwiseCopyable>: @unchecked Sendable {
    /// The first element.
    public let base: UnsafeMutablePointer<Element>
    /// The number of elements.
    public let count: Int

    /// A view of the `count` elements from `base` on.
    @inlinable
    public init(base: UnsafeMutablePointer<Element>, count: Int) {
        precondition(count >= 0, "negative count")
        self.base = base
        self.count = count
    }

    /// The elements of `range`.
    @inlinable
    public subscript(range: Range<Int>) -> Vector {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
        return Vector(base: base + range.lowerBound, count: range.count)
    }

    /// The element at `index`.
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

    /// The elements as a buffer.
    @inlinable public var buffer: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    /// The elements as a row-major matrix.
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

    /// Overwrites all elements with those of `other`, of equal count.
    @inlinable
    public func copy(from other: Vector) {
        precondition(count == other.count, "counts differ")
        // In a caller that is not specialized for the type, `update` would ask the runtime to copy
        // each element on its own.
        UnsafeMutableRawPointer(base).copyMemory(
            from: other.base, byteCount: count * MemoryLayout<Element>.stride)
    }
}

/// A view of a row-major matrix whose rows are `stride` elements apart.
public struct Matrix<Element: BitwiseCopyable>: @unchecked Sendable {
    /// The first element of the first row.
    public let base: UnsafeMutablePointer<Element>
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    /// The distance in elements from one row to the next.
    public let stride: Int

    /// A view of `rows` rows of `columns` elements from `base` on.
    @inlinable
    public init(base: UnsafeMutablePointer<Element>, rows: Int, columns: Int, stride: Int) {
        precondition(rows >= 0 && columns >= 0 && stride >= columns, "impossible shape")
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    /// Whether rows follow each other without gaps.
    @inlinable public var isContiguous: Bool { stride == columns }

    /// The rows of `range`.
    @inlinable
    public func rows(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows out of bounds")
        return Matrix(
            base: base + range.lowerBound * stride, rows: range.count, columns: columns,
            stride: stride)
    }

    /// The columns of `range`.
    @inlinable
    public func columns(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns out of bounds")
        return Matrix(
            base: base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }

    /// Row `index`.
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
