/// The scores of a window that the answer search needs: the best starts and ends, and those of
/// `[CLS]`. Keeping all scores of a long context with many windows would take far more memory.
public struct WindowScores: Sendable {
    struct Place: Sendable {
        let token: Int32
        let logit: Float
    }

    /// Best first; ties are in order of position.
    let starts: [Place]
    let ends: [Place]
    let null: (start: Float, end: Float)

    /// Keeps the starts and ends that `settings` select.
    public init(_ logits: SpanLogits, _ settings: AnswerSettings) {
        starts = Self.best(logits.start, settings.nBest)
        ends = Self.best(logits.end, settings.nBest)
        null = (logits.start[0], logits.end[0])
    }

    private static func best(_ scores: [Float], _ count: Int) -> [Place] {
        let order = scores.indices.sorted {
            scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
        }
        return order.prefix(count).map { Place(token: Int32($0), logit: scores[$0]) }
    }
}

/// A span of tokens of a window; token 0 for "no answer".
struct AnswerSpan {
    let window: Int
    let start: Int
    let end: Int
    let startLogit: Double
    let endLogit: Double
    var score: Double { startLogit + endLogit }
}

/// All admissible spans of a question, best first. They are generated in parts, because a context
/// of several megabytes has millions of spans of which only the first few are used.
struct RankedSpans {
    /// Spans ordered by score; ties are in discovery order, because Python's sort is stable.
    private typealias Ranked = (span: AnswerSpan, place: Int)

    private let features: QuestionFeatures
    private let windows: [AnswerWindow]
    private let ranges: [Range<Int>]
    private let scores: [WindowScores]
    private let null: AnswerSpan?
    private let maximumLength: Int
    private var part: ArraySlice<Ranked> = []
    private var last: Ranked?
    /// Whether at least one span was admissible, not counting "no answer".
    private(set) var hasSpan = false

    private static let partCount = 4096

    /// - Parameter null: the "no answer" span, if it is allowed.
    init(
        _ features: QuestionFeatures, _ windows: [AnswerWindow], _ scores: [WindowScores],
        null: AnswerSpan?, maximumLength: Int
    ) {
        self.features = features
        self.windows = windows
        self.scores = scores
        self.null = null
        self.maximumLength = maximumLength
        ranges = windows.map(\.pieces)
        part = nextPart()[...]
    }

    /// The next best span.
    mutating func next() -> AnswerSpan? {
        if part.isEmpty, last != nil { part = nextPart()[...] }
        last = part.popFirst()
        return last?.span
    }

    private static func isBefore(_ a: Ranked, _ b: Ranked) -> Bool {
        a.span.score != b.span.score ? a.span.score > b.span.score : a.place < b.place
    }

    /// The best spans after the last one returned.
    private mutating func nextPart() -> [Ranked] {
        var found: [Ranked] = []
        var place = 0
        func take(_ span: AnswerSpan) {
            let ranked = (span: span, place: place)
            place += 1
            if let last, !Self.isBefore(last, ranked) { return }
            found.append(ranked)
            guard found.count == 2 * Self.partCount else { return }
            found.sort(by: Self.isBefore)
            found.removeLast(Self.partCount)
        }
        for index in windows.indices { forEachSpan(of: index, take) }
        hasSpan = hasSpan || place > 0
        if let null { take(null) }
        found.sort(by: Self.isBefore)
        return Array(found.prefix(Self.partCount))
    }

    private func forEachSpan(of index: Int, _ body: (AnswerSpan) -> Void) {
        let window = windows[index]
        let offset = features.offset(window)
        let tokens = offset..<offset + window.pieces.count
        let ends = scores[index].ends.filter { tokens.contains(Int($0.token)) }
        for first in scores[index].starts where tokens.contains(Int(first.token)) {
            let start = Int(first.token)
            let piece = start - offset + window.pieces.lowerBound
            guard isMaximumContext(ranges, index, piece: piece) else { continue }
            for last in ends {
                let end = Int(last.token)
                guard end >= start, end - start < maximumLength else { continue }
                body(
                    AnswerSpan(
                        window: index, start: start, end: end, startLogit: Double(first.logit),
                        endLogit: Double(last.logit)))
            }
        }
    }
}
