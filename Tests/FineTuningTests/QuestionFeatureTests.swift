import FineTuning
import Testing
import Tokenization

private struct Features: Decodable {
    struct Window: Decodable {
        let ids: [Int32]
        let segments: [UInt8]
        let maximum: [Int]
    }
    struct Case: Decodable {
        let context, question, answer: String
        let start: Int
        let impossible: Bool
        let length, stride, limit: Int
        let v2, skipped: Bool
        let windows: [Window]
        let labels: [[Int32]]
        let starts, ends: [[Float]]
        let threshold: Double
        let nBest, longest: Int
        let text: String
        let texts: [String]
        let probabilities: [Double]
        let odds: Double?

        var file: QuestionFile {
            let question = Question(
                id: "q", text: question, context: 0,
                answers: impossible ? [] : [GoldAnswer(text: answer, start: start)],
                isImpossible: impossible)
            return QuestionFile(path: "f", contexts: [context], questions: [question])
        }

        var windowSettings: WindowSettings {
            var settings = WindowSettings()
            settings.maximumLength = length
            settings.stride = stride
            settings.maximumQuestionLength = limit
            return settings
        }

        var answerSettings: AnswerSettings {
            var settings = AnswerSettings()
            settings.nBest = nBest
            settings.maximumAnswerLength = longest
            settings.allowsNoAnswer = v2
            settings.nullThreshold = threshold
            return settings
        }
    }
    let vocabulary: [String]
    let questions: [Case]
}

@Suite struct QuestionFeatureTests {
    private let cases: [Features.Case]
    private let tokenizer: WordPieceTokenizer

    init() throws {
        let features = try golden("features.json", as: Features.self)
        cases = features.questions
        tokenizer = WordPieceTokenizer(
            vocabulary: try Vocabulary(lines: features.vocabulary), lowercase: true)
    }

    private func features(
        _ one: Features.Case, training: Bool
    ) throws -> QuestionFeatures {
        try QuestionFeatures(
            one.file, tokenizer: tokenizer, settings: one.windowSettings, training: training)
    }

    @Test func windowsAreThoseOfRunSquad() throws {
        for one in cases {
            let made = try features(one, training: false)
            #expect(made.windows.map { made.input($0).tokenIDs } == one.windows.map(\.ids))
            #expect(made.windows.map { made.input($0).segmentIDs } == one.windows.map(\.segments))
            #expect(made.windows.allSatisfy { $0.start == nil && $0.end == nil })
            let ranges = made.windows.map(\.pieces)
            for (index, window) in made.windows.enumerated() {
                let offset = made.offset(window)
                let maximum = window.pieces.filter { isMaximumContext(ranges, index, piece: $0) }
                #expect(
                    maximum.map { $0 - window.pieces.lowerBound + offset }
                        == one.windows[index].maximum)
            }
        }
    }

    @Test func labelsAreThoseOfRunSquad() throws {
        for one in cases {
            let made = try features(one, training: true)
            #expect(made.skipped.isEmpty != one.skipped, "\(one.context) | \(one.answer)")
            #expect(
                made.windows.map { [$0.start ?? -1, $0.end ?? -1] } == one.labels,
                "\(one.context) | \(one.answer)")
        }
    }

    @Test func answersAreThoseOfRunSquad() throws {
        for one in cases {
            let made = try features(one, training: false)
            let logits = zip(one.starts, one.ends).map { SpanLogits(start: $0, end: $1) }
            let found = made.predict(question: 0, logits: logits, settings: one.answerSettings)
            // If no span is admissible, transformers adds an empty answer of its own.
            if one.v2, found.nullScore == nil { continue }
            #expect(found.text == one.text, "\(one.context)")
            #expect(found.candidates.map(\.text) == one.texts, "\(one.context)")
            for count in 0...one.texts.count {
                let isAmong = one.texts.prefix(count).contains(one.text)
                #expect(
                    found.candidates(best: count).map(\.text)
                        == one.texts.prefix(count) + (isAmong ? [] : [one.text]))
            }
            for (candidate, wanted) in zip(found.candidates, one.probabilities) {
                #expect(isClose(candidate.probability, wanted, 1e-6))
            }
            if let odds = one.odds {
                #expect(isClose(try #require(found.nullScore), odds, 1e-6))
            }
        }
    }

    @Test func chineseWordsAreCharacters() throws {
        let vocabulary = Vocabulary.specialTokens + ["路", "德", "在", "年", "，", "15", "##19"]
        let tokenizer = WordPieceTokenizer(
            vocabulary: try Vocabulary(lines: vocabulary), lowercase: true)
        let file = QuestionFile(
            path: "f", contexts: ["路德在1519年， 路"],
            questions: [
                Question(
                    id: "q", text: "年", context: 0,
                    answers: [GoldAnswer(text: "1519年", start: nil)])
            ])
        let made = try QuestionFeatures(
            file, tokenizer: tokenizer, settings: WindowSettings(), training: true)
        // [CLS] 年 [SEP] 路 德 在 15 ##19 年 ， 路 [SEP]
        #expect(made.windows.map(\.start) == [6] && made.windows.map(\.end) == [8])
        func answer(_ start: Int, _ end: Int) -> String {
            var scores = ([Float](repeating: 0, count: 12), [Float](repeating: 0, count: 12))
            scores.0[start] = 1
            scores.1[end] = 1
            let logits = [SpanLogits(start: scores.0, end: scores.1)]
            return made.predict(question: 0, logits: logits, settings: AnswerSettings()).text
        }
        #expect(answer(6, 8) == "1519年")
        #expect(answer(8, 10) == "年， 路")
        #expect(answer(7, 7) == "19")
    }

    @Test func questionsThatCannotBeLearnedAreTold() throws {
        let answers: [(GoldAnswer?, String)] = [
            (nil, "it has no answer"), (GoldAnswer(text: "", start: 0), "its answer is empty"),
            (GoldAnswer(text: "city", start: 0), "its answer is not at the place given"),
            (GoldAnswer(text: "zebra", start: nil), "the context does not hold its answer"),
            (
                GoldAnswer(text: "red\u{A0}sea", start: 17),
                "its answer holds white space that run_squad.py finds in no context, such as a "
                    + "no-break space"
            ),
            (GoldAnswer(text: "\u{200D}", start: nil), "its answer has no tokens"),
            // Not searched for elsewhere, although it is there.
            (GoldAnswer(text: "city", start: 99), "its answer_start leads out of the context"),
            (GoldAnswer(text: "city", start: -1), "its answer_start leads out of the context"),
        ]
        let questions = answers.enumerated().map { index, answer in
            Question(
                id: "\(index)", text: "x", context: 0, answers: answer.0.map { [$0] } ?? [])
        }
        let file = QuestionFile(
            path: "f", contexts: ["the river \u{200D} city red\u{A0}sea"], questions: questions)
        let made = try QuestionFeatures(
            file, tokenizer: tokenizer, settings: WindowSettings(), training: true)
        #expect(made.skipped.map(\.reason) == answers.map(\.1))
        #expect(made.windows.isEmpty)
    }

    @Test func emptyContextsHaveNoWindows() throws {
        let file = QuestionFile(
            path: "f", contexts: [" "],
            questions: [Question(id: "q", text: "x", context: 0, answers: [])])
        let made = try QuestionFeatures(
            file, tokenizer: tokenizer, settings: WindowSettings(), training: false)
        #expect(made.windows.isEmpty && made.windowsOfQuestion == [0..<0])
        var settings = AnswerSettings()
        #expect(made.predict(question: 0, logits: [], settings: settings).text == "empty")
        settings.allowsNoAnswer = true
        #expect(made.predict(question: 0, logits: [], settings: settings).text == "")
    }

    /// Checked before any of them takes memory: a context of 16 MB at a stride of 1 has as many
    /// windows as letters.
    @Test func tooManyWindowsAreRefusedAtTheirQuestion() throws {
        let context = [String](repeating: "x", count: 40).joined(separator: " ")
        let file = QuestionFile(
            path: "f", contexts: [context],
            questions: (0..<3).map {
                Question(id: "q\($0)", text: "x", context: 0, answers: [], line: 7 + $0)
            })
        var settings = WindowSettings()
        (settings.maximumLength, settings.stride) = (14, 1)
        settings.maximumQuestionLength = 5
        // [CLS] x [SEP] and [SEP] leave room for 10 of 40 pieces: 31 windows.
        func error(_ ofQuestion: Int, _ all: Int) -> TaskDataError? {
            var limits = TaskFileLimits()
            (limits.windowsOfQuestion, limits.windows) = (ofQuestion, all)
            do throws(TaskDataError) {
                let made = try QuestionFeatures(
                    file, tokenizer: tokenizer, settings: settings, training: false,
                    limits: limits)
                #expect(made.windows.count == 93)
                return nil
            } catch { return error }
        }
        #expect(error(31, 93) == nil)
        let long = try #require(error(30, 93))
        #expect(long.line == 7 && long.exitCode == 65 && long.path == "f")
        #expect(long.message.contains("31 windows, more than 30; raise stride (1)"))
        let many = try #require(error(31, 92))
        #expect(many.line == 9 && many.exitCode == 65)
    }

    @Test func settingsAreChecked() {
        var settings = WindowSettings()
        #expect(settings.problem == nil)
        settings.stride = 0
        #expect(settings.problem != nil)
        settings = WindowSettings()
        settings.maximumLength = 67
        #expect(settings.problem != nil)
    }
}
