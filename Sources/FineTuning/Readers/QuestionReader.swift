/// Extracts questions from the JSON of SQuAD and CMRC.
struct QuestionReader {
    private let text: TaskText
    private(set) var contexts: [String] = []
    private(set) var questions: [Question] = []
    /// As bytes: equal `String`s may differ in their code points.
    private var ids: Set<[UInt8]> = []

    private(set) var contradictions = QuestionContradictions()

    private let mayLackAnswers: Bool

    /// - Parameter mayLackAnswers: whether a question without answers counts as unanswerable;
    /// otherwise its answers are missing.
    init(_ text: TaskText, mayLackAnswers: Bool) {
        self.text = text
        self.mayLackAnswers = mayLackAnswers
    }

    mutating func read(_ tree: JSONTree) throws(TaskDataError) {
        if let paragraphs = tree.list {
            for paragraph in paragraphs { try read(cmrc: paragraph) }
            return
        }
        for article in try list(tree, "data", "the file") {
            for paragraph in try list(article, "paragraphs", "an article") {
                let context = try string(paragraph, "context", "a paragraph")
                contexts.append(context)
                let scalars = Array(context.unicodeScalars)
                for question in try list(paragraph, "qas", "a paragraph") {
                    try read(question, context: scalars)
                }
            }
        }
    }

    private mutating func read(
        _ tree: JSONTree, context: [Unicode.Scalar]
    ) throws(TaskDataError) {
        let id = try string(tree, "id", "a question")
        let place = "question \(visible(id))"
        var answers: [GoldAnswer] = []
        if tree["answers"] != nil {
            for answer in try list(tree, "answers", place) {
                let text = try string(answer, "text", place)
                answers.append(GoldAnswer(text: text, start: try start(of: answer, place)))
            }
        }
        var isImpossible = mayLackAnswers && answers.isEmpty
        if let flag = tree["is_impossible"] {
            guard let value = flag.boolean else {
                throw wrong(flag, "is_impossible of \(place)", "true or false")
            }
            isImpossible = value
        }
        // Some copies give an impossible question a single empty answer.
        if isImpossible, let answer = answers.first(where: { !$0.text.isEmpty }) {
            throw self.text.error(
                tree.line,
                "\(place) says is_impossible: true, but has the answer \"\(visible(answer.text))\"")
        }
        if answers.contains(where: { !$0.isFound(in: context) }) {
            contradictions.count(.misplaced, id, tree.line)
        }
        if answers.isEmpty, !isImpossible { contradictions.count(.unanswered, id, tree.line) }
        try append(
            Question(
                id: id, text: try string(tree, "question", place), context: contexts.count - 1,
                answers: isImpossible ? [] : answers, isImpossible: isImpossible,
                line: tree.line))
    }

    private func start(
        of answer: JSONTree, _ place: String
    ) throws(TaskDataError) -> Int? {
        guard let start = answer["answer_start"], !start.isNull else { return nil }
        guard let offset = start.integer else {
            throw wrong(start, "answer_start of \(place)", "an integer")
        }
        return offset
    }

    private mutating func read(cmrc tree: JSONTree) throws(TaskDataError) {
        contexts.append(try string(tree, "context_text", "a paragraph"))
        for question in try list(tree, "qas", "a paragraph") {
            let id = try string(question, "query_id", "a question")
            let place = "question \(visible(id))"
            var answers: [GoldAnswer] = []
            for answer in try list(question, "answers", place) {
                guard let text = answer.text else {
                    throw wrong(answer, "an answer of \(place)", "text")
                }
                answers.append(GoldAnswer(text: text, start: nil))
            }
            if answers.isEmpty { contradictions.count(.unanswered, id, question.line) }
            try append(
                Question(
                    id: id, text: try string(question, "query_text", place),
                    context: contexts.count - 1, answers: answers, line: question.line))
        }
    }

    private mutating func append(_ question: Question) throws(TaskDataError) {
        guard ids.insert(Array(question.id.utf8)).inserted else {
            throw text.error(
                question.line, "two questions have the id \(visible(question.id))")
        }
        try text.checkCounts(records: questions.count + 1, line: question.line)
        questions.append(question)
    }

    private func wrong(_ tree: JSONTree, _ what: String, _ wanted: String) -> TaskDataError {
        text.error(tree.line, "\(what) must be \(wanted), found \(tree.found)")
    }

    private func list(
        _ tree: JSONTree, _ name: String, _ place: String
    ) throws(TaskDataError) -> [JSONTree] {
        guard let value = tree[name] else {
            throw text.error(tree.line, "\(place) has no \"\(name)\"; is this SQuAD's JSON?")
        }
        guard let items = value.list else { throw wrong(value, "\(name) of \(place)", "a list") }
        return items
    }

    private func string(
        _ tree: JSONTree, _ name: String, _ place: String
    ) throws(TaskDataError) -> String {
        guard let value = tree[name] else {
            throw text.error(tree.line, "\(place) has no \"\(name)\"; is this SQuAD's JSON?")
        }
        guard let string = value.text else { throw wrong(value, "\(name) of \(place)", "text") }
        return string
    }
}
