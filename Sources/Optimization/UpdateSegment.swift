import Tensors

/// Range of the flat block that one call of an update kernel may process.
struct UpdateSegment: Equatable {
    /// Range of elements in the flat block.
    var range: Range<Int>
    /// Whether weight decay applies.
    let decays: Bool
    /// Whether the range is one tensor, to whose update LAMB gives its own trust ratio.
    let hasTrustRatio: Bool

    /// Returns the segments of `layout`, in its order, as few as `settings` allows. Neighbours that
    /// are updated alike form one segment, which keeps the hundreds of tiny biases cheap.
    static func segments(
        of layout: ParameterLayout, _ settings: OptimizerSettings
    ) -> [UpdateSegment] {
        var segments: [UpdateSegment] = []
        for parameter in layout.parameters {
            // As in NVIDIA's kernel, a tensor without decay has no trust ratio either, whether it
            // is excluded or the decay is 0.
            let decays = parameter.decays && settings.weightDecay > 0
            let next = UpdateSegment(
                range: parameter.range, decays: decays,
                hasTrustRatio: decays && settings.name == .lamb)
            if let last = segments.last, last.decays == decays, !next.hasTrustRatio {
                segments[segments.count - 1].range = last.range.lowerBound..<next.range.upperBound
            } else {
                segments.append(next)
            }
        }
        return segments
    }
}
