/// One of several parts of a fan-out, each run by its own job: `2/4`.
///
/// A part consists of whole tasks, so that one directory contains all models compared on a task,
/// and its best model.
public struct FanOutPart: Equatable, Sendable {
    /// Number of this part, from 1.
    public let number: Int
    /// Number of parts.
    public let count: Int

    /// Parses `NUMBER/COUNT`; nil unless 1 <= NUMBER <= COUNT.
    public init?(_ text: String) {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let number = numbers[0], let count = numbers[1], number >= 1,
            count >= number
        else { return nil }
        self.number = number
        self.count = count
    }

    /// Folder of its results within the fan-out's directory.
    public var folder: String { "part-\(number)-of-\(count)" }
}

extension FineTuningConfiguration {
    /// Keeps every `part.count`-th task, starting with number `part.number`.
    ///
    /// - Returns: false if no task remains, because there are more parts than tasks.
    public mutating func restrict(to part: FanOutPart) -> Bool {
        tasks = stride(from: part.number - 1, to: tasks.count, by: part.count).map { tasks[$0] }
        return !tasks.isEmpty
    }
}
