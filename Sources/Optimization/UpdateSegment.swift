import Tensors

/// A range of the flat block that one call of an update kernel may take.
struct UpdateSegment: Equatable {
    /// Elements of the flat block.
    var range: Range<Int>
    /// Whether weight decay applies.
    let decays: Bool
    /// Whether the range is one tensor, to whose update LAMB gives its own trust ratio.
    let hasTrustRatio: Bool

    /// The segments of `layout`, in its order, as few as `settings` allows: neighbours that are
    /// updated alike are one segment, which keeps the hundreds of tiny biases cheap.
    static func segments(
        of layout: ParameterLayout, _ settings: OptimizerSettings
    ) -> [UpdateSegment] {
        var segments: [UpdateSegment] = []
        for parameter in layout.parameters {
            // As in NVIDIA's kernel, what does not decay has no trust ratio either, be it excluded
            // or be the decay 0.
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
