/// One of several parts of a fan-out, each of which a job of its own computes: `2/4`.
///
/// A part has whole tasks: everything that is compared with one another, and the best model of a
/// task, lies in one directory.
public struct FanOutPart: Equatable, Sendable {
    /// Which part, from 1.
    public let number: Int
    /// The number of parts.
    public let count: Int

    /// What `NUMBER/COUNT` says; nil unless 1 <= NUMBER <= COUNT.
    public init?(_ text: String) {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let number = numbers[0], let count = numbers[1], number >= 1,
            count >= number
        else { return nil }
        self.number = number
        self.count = count
    }

    /// The folder of its results, in the fan-out's.
    public var folder: String { "part-\(number)-of-\(count)" }
}

extension FineTuningConfiguration {
    /// Leaves every `part.count`-th task, beginning with number `part.number`.
    ///
    /// - Returns: false where none is left: there are more parts than tasks.
    public mutating func restrict(to part: FanOutPart) -> Bool {
        tasks = stride(from: part.number - 1, to: tasks.count, by: part.count).map { tasks[$0] }
        return !tasks.isEmpty
    }
}
