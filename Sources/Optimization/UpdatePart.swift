/// Part of one segment that an optimizer updates.
struct UpdatePart: Equatable {
    /// Index of the segment.
    let segment: Int
    /// Range of elements in the flat block.
    let range: Range<Int>
    /// Range of their moments among those of all its shards.
    let moments: Range<Int>

    /// Returns the parts of `segments` in `shards`, both in ascending order.
    static func parts(of segments: [UpdateSegment], in shards: [Range<Int>]) -> [UpdatePart] {
        var parts: [UpdatePart] = []
        var (taken, first) = (0, 0)
        for shard in shards {
            // The next shard may continue in the segment in which this one ends.
            while first < segments.count, segments[first].range.upperBound <= shard.lowerBound {
                first += 1
            }
            for index in first..<segments.count {
                let range = segments[index].range.clamped(to: shard)
                if range.isEmpty { break }
                let place = taken + range.lowerBound - shard.lowerBound
                parts.append(
                    UpdatePart(segment: index, range: range, moments: place..<place + range.count))
            }
            taken += shard.count
        }
        return parts
    }
}
