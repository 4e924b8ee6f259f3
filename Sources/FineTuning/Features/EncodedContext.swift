/// A context as word pieces, with the word of each piece.
struct EncodedContext: Sendable {
    let words: ContextWords
    /// Token ids.
    let pieces: [Int32]
    /// Word index of each piece.
    let wordOfPiece: [Int32]
    /// Index of the first piece of each word, plus a final end index.
    let firstPiece: [Int32]

    init(_ text: String, encoder: InputEncoder) {
        words = ContextWords(text)
        var pieces: [Int32] = []
        var wordOfPiece: [Int32] = []
        var firstPiece: [Int32] = []
        for (index, range) in words.ranges.enumerated() {
            firstPiece.append(Int32(pieces.count))
            pieces += encoder.ids(String(scalars: words.scalars[range]))
            let added = pieces.count - wordOfPiece.count
            wordOfPiece += [Int32](repeating: Int32(index), count: added)
        }
        firstPiece.append(Int32(pieces.count))
        self.pieces = pieces
        self.wordOfPiece = wordOfPiece
        self.firstPiece = firstPiece
    }

    /// Locates the first answer of a question among the pieces.
    ///
    /// An answer without a position is searched for from the beginning. The result is `missing` if
    /// the words at the position do not contain the answer's text.
    func locate(_ question: Question, encoder: InputEncoder) -> LocatedAnswer {
        if question.isImpossible { return .none }
        guard let answer = question.answers.first else { return .missing("it has no answer") }
        let text = Array(answer.text.unicodeScalars)
        guard !text.isEmpty else { return .missing("its answer is empty") }
        guard let start = answer.start ?? PythonText.find(text, in: words.scalars) else {
            return .missing("the context does not hold its answer")
        }
        guard start >= 0, text.count <= words.scalars.count,
            start <= words.scalars.count - text.count
        else { return .missing("its answer_start leads out of the context") }
        let first = Int(words.wordAt[start])
        let last = Int(words.wordAt[start + text.count - 1])
        let clean = Array(PythonText.split(text).joined(separator: [" "]))
        guard first >= 0, first <= last,
            PythonText.find(clean, in: words.text(first...last)) != nil
        else {
            // Google's check treats a no-break or ideographic space in an answer as a plain space,
            // but treats it as a letter in contexts.
            return .missing(
                first >= 0 && words.scalars[start..<start + text.count].elementsEqual(text)
                    ? "its answer holds white space that run_squad.py finds in no context, such as a "
                        + "no-break space"
                    : "its answer is not at the place given")
        }
        let low = Int(firstPiece[first])
        let high = Int(firstPiece[last + 1]) - 1
        guard low <= high else { return .missing("its answer has no tokens") }
        return .pieces(improved(low...high, answer: encoder.ids(answer.text)))
    }

    /// `_improve_answer_span`: the first range within `span` whose pieces equal those of the
    /// answer, otherwise `span`. Words may contain more than the annotator marked, such as
    /// "(1895-1943).".
    private func improved(_ span: ClosedRange<Int>, answer: [Int32]) -> ClosedRange<Int> {
        guard !answer.isEmpty, answer.count <= span.count else { return span }
        for start in span.lowerBound...(span.upperBound - answer.count + 1)
        where pieces[start..<start + answer.count].elementsEqual(answer) {
            return start...(start + answer.count - 1)
        }
        return span
    }
}

/// Location of a question's answer.
enum LocatedAnswer {
    /// In this range of the context's pieces.
    case pieces(ClosedRange<Int>)
    /// Not in the context: the question has no answer, or labels were not requested.
    case none
    /// Expected in the context but not found; the payload is the reason.
    case missing(String)

    /// Makes a window with its labels; `offset` is the token at which its pieces begin.
    func window(
        _ question: Int, _ pieces: Range<Int>, offset: Int, training: Bool
    ) -> AnswerWindow {
        guard training else {
            return AnswerWindow(question: question, pieces: pieces, start: nil, end: nil)
        }
        var labels: (start: Int, end: Int) = (0, 0)
        if case .pieces(let span) = self, pieces.contains(span.lowerBound),
            pieces.contains(span.upperBound)
        {
            let shift = offset - pieces.lowerBound
            labels = (span.lowerBound + shift, span.upperBound + shift)
        }
        return AnswerWindow(
            question: question, pieces: pieces, start: Int32(labels.start), end: Int32(labels.end))
    }
}
