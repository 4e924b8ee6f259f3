/// Split of `count` items into `parts` contiguous ranges, in order, whose lengths differ by at most
/// one unit.
///
/// The longer ranges come first. If there are more parts than units, the last parts are empty.
public struct Partition: Equatable, Sendable {
    /// Total number of items.
    public let count: Int
    /// Number of ranges; at least one.
    public let parts: Int
    /// Number of items that stay together: every range begins at a multiple of it.
    public let unit: Int

    /// Creates a split of `count` items into `parts` ranges that begin at multiples of `unit`.
    public init(count: Int, parts: Int, unit: Int = 1) {
        precondition(count >= 0, "a count is not negative")
        precondition(parts > 0, "there is at least one part")
        precondition(unit > 0, "a unit has at least one item")
        self.count = count
        self.parts = parts
        self.unit = unit
    }

    private var units: Int { (count + unit - 1) / unit }

    /// Range of the items of part `part`, from 0.
    public subscript(part: Int) -> Range<Int> {
        precondition(part >= 0 && part < parts, "there is no such part")
        let (length, longer) = units.quotientAndRemainder(dividingBy: parts)
        let start = part * length + min(part, longer)
        let end = start + length + (part < longer ? 1 : 0)
        return min(start * unit, count)..<min(end * unit, count)
    }

    /// Length of the longest part.
    public var longest: Int { min(count, (units + parts - 1) / parts * unit) }
}
