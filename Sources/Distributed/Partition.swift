/// A split of `count` items into `parts` contiguous ranges, in order, whose lengths differ by at most one.
///
/// The longer ranges come first. With more parts than items, the last parts are empty.
public struct Partition: Equatable, Sendable {
    /// Items in all.
    public let count: Int
    /// Ranges they are split into; at least one.
    public let parts: Int

    /// A split of `count` items into `parts` ranges.
    public init(count: Int, parts: Int) {
        precondition(count >= 0, "a count is not negative")
        precondition(parts > 0, "there is at least one part")
        self.count = count
        self.parts = parts
    }

    /// The items of part `part`, from 0.
    public subscript(part: Int) -> Range<Int> {
        precondition(part >= 0 && part < parts, "there is no such part")
        let (length, longer) = count.quotientAndRemainder(dividingBy: parts)
        let start = part * length + min(part, longer)
        return start..<start + length + (part < longer ? 1 : 0)
    }

    /// The length of the longest part.
    public var longest: Int { (count + parts - 1) / parts }
}
