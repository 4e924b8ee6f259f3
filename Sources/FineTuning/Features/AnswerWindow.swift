/// A window of a question's context that fits into one input.
public struct AnswerWindow: Equatable, Sendable {
    /// Index of the question in the file.
    public let question: Int
    /// Range of the context's pieces in the window.
    public let pieces: Range<Int>
    /// Token at which the answer begins; 0 (`[CLS]`) if the window does not contain the whole
    /// answer or there is none; nil if labels were not requested.
    public let start: Int32?
    /// Last token of the answer, with the same conventions as `start`.
    public let end: Int32?
}

/// Settings for cutting contexts into windows.
public struct WindowSettings: Equatable, Sendable {
    /// Maximum length of an input, in tokens.
    public var maximumLength = 384
    /// Pieces from the start of one window to the start of the next.
    public var stride = 128
    /// Maximum length of a question, in tokens; longer questions are truncated.
    public var maximumQuestionLength = 64

    /// Google's values.
    public init() {}

    /// Description of the first invalid setting, or nil.
    public var problem: String? {
        if stride < 1 { return "the document stride must be at least 1" }
        if maximumQuestionLength < 1 { return "a question needs at least one token" }
        if maximumLength < 4 || maximumLength - 4 < maximumQuestionLength {
            return "a question of \(maximumQuestionLength) tokens leaves no room for the context "
                + "in \(maximumLength)"
        }
        return nil
    }

    /// Number of windows of a context of `count` pieces for a question of `question` tokens.
    func windowCount(count: Int, question: Int) -> Int {
        let room = maximumLength - question - 3
        guard count > room else { return count > 0 ? 1 : 0 }
        let step = min(room, stride)
        return 1 + (count - room + step - 1) / step
    }

    /// Windows of a context of `count` pieces for a question of `question` tokens.
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

/// Whether window `index`, which contains a piece, is the one of the question's windows in which
/// that piece is farthest from both ends. Only this window's scores count for answers that begin at
/// the piece.
///
/// - Parameter windows: in the order of the context, so that windows containing a piece are
///   adjacent.
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
