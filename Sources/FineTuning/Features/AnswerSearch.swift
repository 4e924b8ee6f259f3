internal import Tokenization

/// `write_predictions` of Google's run_squad.py: computes a question's answer from the scores of
/// all its windows.
extension QuestionFeatures {
    /// Predicts the answer to a question.
    ///
    /// - Parameters:
    ///   - question: its index in the file.
    ///   - logits: scores of each of its windows, in order; at least one per token.
    public func predict(
        question: Int, logits: [SpanLogits], settings: AnswerSettings
    ) -> AnswerPrediction {
        for (window, logits) in zip(windows[windowsOfQuestion[question]], logits) {
            precondition(
                logits.start.count >= offset(window) + window.pieces.count,
                "scores for each token")
        }
        return predict(
            question: question, scores: logits.map { WindowScores($0, settings) },
            settings: settings)
    }

    /// Predicts the answer from the `WindowScores` of each window.
    public func predict(
        question: Int, scores: [WindowScores], settings: AnswerSettings
    ) -> AnswerPrediction {
        let windows = Array(self.windows[windowsOfQuestion[question]])
        precondition(windows.count == scores.count, "scores for each window")
        let null = settings.allowsNoAnswer ? Self.bestNull(scores) : nil
        var spans = RankedSpans(
            self, windows, scores, null: null, maximumLength: settings.maximumAnswerLength)
        var texts = AnswerTexts(tokenizer: tokenizer)
        let best = distinct(&spans, windows, null, settings, &texts)
        return Self.chosen(best, null, spans.hasSpan, settings)
    }

    private typealias Entry = (text: String, start: Double, end: Double)

    /// The lowest `[CLS]` score over the windows, because a question has no answer only if no
    /// window has one.
    private static func bestNull(_ scores: [WindowScores]) -> AnswerSpan? {
        var best: AnswerSpan?
        for (index, scores) in scores.enumerated() {
            let span = AnswerSpan(
                window: index, start: 0, end: 0, startLogit: Double(scores.null.start),
                endLogit: Double(scores.null.end))
            if best.map({ span.score < $0.score }) ?? true { best = span }
        }
        return best
    }

    /// The best spans with distinct texts.
    private func distinct(
        _ spans: inout RankedSpans, _ windows: [AnswerWindow], _ null: AnswerSpan?,
        _ settings: AnswerSettings, _ texts: inout AnswerTexts
    ) -> [Entry] {
        var seen: Set<[UInt8]> = []
        var entries: [Entry] = []
        while entries.count < settings.nBest, let span = spans.next() {
            guard span.start > 0 else {
                seen.insert([])
                entries.append(("", span.startLogit, span.endLogit))
                continue
            }
            guard let text = text(span, windows[span.window], &texts) else { continue }
            // Compared as bytes: equal `String`s may differ in their code points.
            guard seen.insert(Array(text.utf8)).inserted else { continue }
            entries.append((text, span.startLogit, span.endLogit))
        }
        if let null, !seen.contains([]) { entries.append(("", null.startLogit, null.endLogit)) }
        if entries.isEmpty { entries.append((settings.allowsNoAnswer ? "" : "empty", 0, 0)) }
        return entries
    }

    private static func chosen(
        _ entries: [Entry], _ null: AnswerSpan?, _ hasSpan: Bool, _ settings: AnswerSettings
    ) -> AnswerPrediction {
        let scores = entries.map { $0.start + $0.end }
        let candidates = zip(entries, softmax(scores)).map { entry, probability in
            AnswerCandidate(
                text: entry.text, startLogit: entry.start, endLogit: entry.end,
                probability: probability)
        }
        guard settings.allowsNoAnswer else {
            return AnswerPrediction(
                text: candidates[0].text, nullScore: nil, candidates: candidates, hasSpan: hasSpan)
        }
        guard let best = candidates.first(where: { !$0.text.isEmpty }), let null else {
            return AnswerPrediction(
                text: "", nullScore: nil, candidates: candidates, hasSpan: hasSpan)
        }
        let difference = null.score - best.startLogit - best.endLogit
        return AnswerPrediction(
            text: difference > settings.nullThreshold ? "" : best.text, nullScore: difference,
            candidates: candidates, hasSpan: hasSpan)
    }

    /// Text of the words a span covers, trimmed to what its pieces cover; nil if it is a known
    /// duplicate.
    private func text(
        _ span: AnswerSpan, _ window: AnswerWindow, _ texts: inout AnswerTexts
    ) -> String? {
        let context = context(of: window)
        let shift = window.pieces.lowerBound - offset(window)
        let pieces = span.start + shift...span.end + shift
        let words =
            Int(
                context.wordOfPiece[pieces.lowerBound])...Int(
                context.wordOfPiece[pieces.upperBound])
        return texts.next(of: context.pieces[pieces], words: words, in: context)
    }
}

/// Texts of the spans of one context, without duplicates. A context without white space is a single
/// word, so thousands of candidate spans may all map to its whole text.
private struct AnswerTexts {
    private struct Place: Hashable {
        let words: ClosedRange<Int>
        let pieces: ArraySlice<Int32>
    }

    private let tokenizer: WordPieceTokenizer
    private var originals: [ClosedRange<Int>: OriginalWords] = [:]
    private var given: Set<Place> = []
    private var givenWhole: Set<ClosedRange<Int>> = []

    init(tokenizer: WordPieceTokenizer) { self.tokenizer = tokenizer }

    /// The text of a span; nil if a span with the same words and pieces was already returned, or if
    /// the text is all of its words and those were already returned.
    mutating func next(
        of pieces: ArraySlice<Int32>, words: ClosedRange<Int>, in context: EncodedContext
    ) -> String? {
        guard given.insert(Place(words: words, pieces: pieces)).inserted else { return nil }
        let original =
            originals[words] ?? OriginalWords(context.words.text(words), tokenizer: tokenizer)
        originals[words] = original
        if let part = original.part(of: pieces) { return String(scalars: part) }
        return givenWhole.insert(words).inserted ? String(scalars: original.original) : nil
    }
}

/// Softmax of a list of scores.
func softmax(_ scores: [Double]) -> [Double] {
    let highest = scores.max() ?? 0
    let weights = scores.map { exponential($0 - highest) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
}
