/// Difference of one tensor between two models.
public struct TensorDifference: Sendable, Equatable {
    /// The parameter.
    public var name: String
    /// Reason why the numbers cannot be compared (missing on one side, other shape), or nil.
    public var mismatch: String?
    /// Largest absolute difference; NaN if any number is.
    public var maximum: Double
    /// Norm of the difference divided by the norm of the second tensor (or the norm of the
    /// difference, if the second is zero).
    public var relativeNorm: Double

    /// Whether all numbers of the tensors are equal.
    public var isEqual: Bool { mismatch == nil && maximum == 0 }

    /// Compares all tensors of two models, one at a time.
    /// - Returns: one entry per name on either side, sorted.
    public static func between(
        _ first: borrowing some TensorSource & ~Copyable,
        _ second: borrowing some TensorSource & ~Copyable
    ) throws -> [TensorDifference] {
        let (left, right) = (Set(first.tensorNames), Set(second.tensorNames))
        var differences: [TensorDifference] = []
        for name in left.union(right).sorted() {
            guard left.contains(name) else {
                differences.append(mismatch(name, "only in \(second.path)"))
                continue
            }
            guard right.contains(name) else {
                differences.append(mismatch(name, "only in \(first.path)"))
                continue
            }
            let (shape, other) = (try first.shape(of: name), try second.shape(of: name))
            guard shape == other else {
                differences.append(mismatch(name, "shape \(shape) and \(other)"))
                continue
            }
            let count = shape.reduce(1, *)
            let (a, b) = (try values(first, name, count), try values(second, name, count))
            differences.append(compare(name, a, b))
        }
        return differences
    }

    private static func mismatch(_ name: String, _ reason: String) -> TensorDifference {
        TensorDifference(name: name, mismatch: reason, maximum: .nan, relativeNorm: .nan)
    }

    private static func values(
        _ source: borrowing some TensorSource & ~Copyable, _ name: String, _ count: Int
    ) throws -> [Float] {
        var values = [Float](repeating: 0, count: count)
        var span = values.mutableSpan
        try source.read(name, into: &span)
        return values
    }

    private static func compare(_ name: String, _ a: [Float], _ b: [Float]) -> TensorDifference {
        var maximum = 0.0
        var difference = 0.0
        var norm = 0.0
        for index in a.indices {
            let distance = a[index] == b[index] ? 0 : abs(Double(a[index]) - Double(b[index]))
            // A comparison with NaN is false, so it is handled explicitly.
            if distance > maximum || distance.isNaN { maximum = distance }
            if maximum.isNaN { break }
            difference += distance * distance
            norm += Double(b[index]) * Double(b[index])
        }
        let relative =
            maximum.isNaN
            ? .nan : norm > 0 ? (difference / norm).squareRoot() : difference.squareRoot()
        return TensorDifference(
            name: name, mismatch: nil, maximum: maximum, relativeNorm: relative)
    }
}
