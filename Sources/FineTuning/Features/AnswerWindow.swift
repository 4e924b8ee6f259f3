/// A stretch of a question's context that fits into one input.
public struct AnswerWindow: Equatable, Sendable {
    /// The question, by its place in the file.
    public let question: Int
    /// The pieces of the context that it holds.
    public let pieces: Range<Int>
    /// The token at which the answer begins; 0, which is `[CLS]`, where the window does not hold it
    /// whole or there is none; nil where labels were not asked for.
    public let start: Int32?
    /// The last token of the answer, likewise.
    public let end: Int32?
}

/// How contexts are cut into windows.
public struct WindowSettings: Equatable, Sendable {
    /// The most tokens of an input.
    public var maximumLength = 384
    /// Pieces from the start of one window to the start of the next.
    public var stride = 128
    /// The most tokens of a question; the rest is cut off.
    public var maximumQuestionLength = 64

    /// Google's values.
    public init() {}

    /// What is wrong with these settings, or nil.
    public var problem: String? {
        if stride < 1 { return "the document stride must be at least 1" }
        if maximumQuestionLength < 1 { return "a question needs at least one token" }
        if maximumLength < 4 || maximumLength - 4 < maximumQuestionLength {
            return "a question of \(maximumQuestionLength) tokens leaves no room for the context "
                + "in \(maximumLength)"
        }
        return nil
    }

    /// The number of windows of a context of `count` pieces, for a question of `question` tokens.
    func windowCount(count: Int, question: Int) -> Int {
        let room = maximumLength - question - 3
        guard count > room else { return count > 0 ? 1 : 0 }
        let step = min(room, stride)
        return 1 + (count - room + step - 1) / step
    }

    /// The windows of a context of `count` pieces, for a question of `question` tokens.
    func windows(count: Int, question: Int) -> [Range<Int>] {
        let room = maximumLength - question - 3
        var windows: [Range<Int>] = []
        var start = 0
        while start < count {
            let end = min(start + room, count)
            windows.append(start..<end)
            if end == count { break }
            start += min(end - start, stride)
        }
        return windows
    }
}

/// Whether window `index`, which holds a piece, is the one of all windows of a question in which the
/// piece stands farthest from both ends: the window whose scores count for answers that begin there.
///
/// - Parameter windows: in the order of the context, so that those that hold a piece are neighbours.
package func isMaximumContext(_ windows: [Range<Int>], _ index: Int, piece: Int) -> Bool {
    var first = index
    while first > 0, windows[first - 1].contains(piece) { first -= 1 }
    var best: (score: Double, index: Int)?
    for other in first..<windows.count {
        let window = windows[other]
        guard window.contains(piece) else { break }
        let context = min(piece - window.lowerBound, window.upperBound - 1 - piece)
        let score = Double(context) + 0.01 * Double(window.count)
        if best.map({ score > $0.score }) ?? true { best = (score, other) }
    }
    return best?.index == index
}
