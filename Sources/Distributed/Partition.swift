/// A split of `count` items into `parts` contiguous ranges, in order, whose lengths differ by at most one unit.
///
/// The longer ranges come first. With more parts than units, the last parts are empty.
public struct Partition: Equatable, Sendable {
    /// Items in all.
    public let count: Int
    /// Ranges they are split into; at least one.
    public let parts: Int
    /// Items that stay together: every range begins at a multiple of it.
    public let unit: Int

    /// A split of `count` items into `parts` ranges that begin at multiples of `unit`.
    public init(count: Int, parts: Int, unit: Int = 1) {
        precondition(count >= 0, "a count is not negative")
        precondition(parts > 0, "there is at least one part")
        precondition(unit > 0, "a unit has at least one item")
        self.count = count
        self.parts = parts
        self.unit = unit
    }

    private var units: Int { (count + unit - 1) / unit }

    /// The items of part `part`, from 0.
    public subscript(part: Int) -> Range<Int> {
        precondition(part >= 0 && part < parts, "there is no such part")
        let (length, longer) = units.quotientAndRemainder(dividingBy: parts)
        let start = part * length + min(part, longer)
        let end = start + length + (part < longer ? 1 : 0)
        return min(start * unit, count)..<min(end * unit, count)
    }

    /// The length of the longest part.
    public var longest: Int { min(count, (units + parts - 1) / parts * unit) }
}
