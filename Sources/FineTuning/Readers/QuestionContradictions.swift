/// Counts contradictions within a file of questions.
struct QuestionContradictions {
    /// Kinds of contradictions.
    enum Kind: Int, CaseIterable {
        /// An answer's text is not at its `answer_start`.
        case misplaced
        /// A question that is not impossible has no answer.
        case unanswered

        fileprivate func message(_ count: Int) -> String {
            let (questions, have) = count == 1 ? ("question", "has") : ("questions", "have")
            return switch self {
            case .misplaced:
                "\(count) \(questions) \(have) an answer that is not at its answer_start"
            case .unanswered:
                "\(count) \(questions) \(have) no answer and no is_impossible: true; nothing can be "
                    + "right there"
            }
        }
    }

    private var found: [Kind: (count: Int, id: String, line: Int)] = [:]

    /// Counts a question.
    mutating func count(_ kind: Kind, _ id: String, _ line: Int) {
        found[kind, default: (0, id, line)].count += 1
    }

    /// A sentence for each kind that was found.
    var notes: [String] {
        Kind.allCases.compactMap { kind in
            found[kind].map {
                "\(kind.message($0.count)), the first is \(visible($0.id)) on line \($0.line)"
            }
        }
    }
}

extension GoldAnswer {
    /// Whether the answer is at its stated position; true if it has none.
    func isFound(in context: [Unicode.Scalar]) -> Bool {
        guard let start else { return true }
        let count = text.unicodeScalars.count
        guard start >= 0, count <= context.count, start <= context.count - count else {
            return false
        }
        return context[start..<start + count].elementsEqual(text.unicodeScalars)
    }
}
