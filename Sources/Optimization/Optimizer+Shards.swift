import Kernels
public import Tensors

/// Sums over elements that several ranks own. Each rank contributes its terms, and all ranks add
/// all terms in one order, so that the sums have the same bits as on a single rank.
extension Optimizer {
    /// Computes the global norm, times `scale`, of gradients of which this rank has its shards. It
    /// is the same on all ranks, and the same as on one rank that has all of them.
    ///
    /// - Parameter sumOverRanks: as in `step`; called once.
    public func gradientNorm(
        _ gradients: Block<Float>, scale: Double = 1,
        sumOverRanks: (inout [Double]) throws -> Void
    ) rethrows -> Double {
        guard isSharded else { return gradientNorm(gradients, scale: scale) }
        precondition(gradients.count == layout.count, "gradients of another layout")
        var terms = [Double](
            repeating: 0, count: KernelExecutor.squareTerms(of: 0..<layout.count))
        for shard in shards {
            putTerms(of: gradients, in: shard, into: &terms[...], from: 0)
        }
        try sumOverRanks(&terms)
        return terms.reduce(0, +).squareRoot() * scale
    }

    /// Computes the trust ratio of each segment that has one; 1 for the others.
    func trustRatios(
        of update: Block<Float>, to parameter: Block<Float>,
        _ sumOverRanks: (inout [Double]) throws -> Void
    ) rethrows -> [Double] {
        // For each segment, the terms of its parameters, then those of its update.
        var places: [Range<Int>] = []
        for segment in segments {
            let start = places.last?.upperBound ?? 0
            let count =
                segment.hasTrustRatio ? 2 * KernelExecutor.squareTerms(of: segment.range) : 0
            places.append(start..<start + count)
        }
        var terms = [Double](repeating: 0, count: places.last?.upperBound ?? 0)
        for part in parts where segments[part.segment].hasTrustRatio {
            let (place, start) = (places[part.segment], segments[part.segment].range.lowerBound)
            let middle = place.lowerBound + place.count / 2
            putTerms(
                of: parameter, in: part.range, into: &terms[place.lowerBound..<middle], from: start)
            putTerms(
                of: update, in: part.range, into: &terms[middle..<place.upperBound], from: start)
        }
        try sumOverRanks(&terms)
        return places.map { place in
            let middle = place.lowerBound + place.count / 2
            return Self.trustRatio(
                parameterSquares: terms[place.lowerBound..<middle].reduce(0, +),
                updateSquares: terms[middle..<place.upperBound].reduce(0, +))
        }
    }

    /// Stores the terms of `range` of `block` at their positions among `terms`, the first of which
    /// belongs to element `start`.
    private func putTerms(
        of block: Block<Float>, in range: Range<Int>, into terms: inout ArraySlice<Double>,
        from start: Int
    ) {
        let unit = KernelExecutor.squareBlock
        let first = range.lowerBound / unit - start / unit
        let count = KernelExecutor.squareTerms(of: range)
        terms.withUnsafeMutableBufferPointer { terms in
            executor.squareTerms(
                block[range], startingAt: range.lowerBound,
                into: UnsafeMutableBufferPointer(rebasing: terms[first..<first + count]))
        }
    }
}
