import FineTuning
import Testing
import Tokenization

/// Real questions through the whole chain: labelled windows, a model that knows the labels,
/// answers, and the official scores. Losses are due to tokens that contain more than the answer.
@Suite(.enabled(if: SharedData.isPresent)) struct SharedQuestionTests {
    @Test(arguments: [
        ("squad_en.dev", "bert-base-uncased", AnswerMetric.squad1, 98.0),
        ("squad2_en.dev", "bert-base-uncased", .squad2, 98.0),
        ("zh_simplified.dev", "bert-base-chinese", .cmrc, 97.0),
        ("zh_traditional.dev", "bert-base-chinese", .cmrc, 97.0),
        ("xquad/xquad.th", "bert-base-multilingual-cased", .squad1, 85.0),
    ])
    func labelsLeadBackToAnswers(
        name: String, vocabulary: String, metric: AnswerMetric, least: Double
    ) throws {
        let tokenizer = try SharedData.tokenizer(
            vocabulary, lowercase: vocabulary == "bert-base-uncased" || metric == .cmrc)
        let member = "qa/\(name).json"
        let file = try QuestionFile.parse(SharedData.file(member, of: "qa"), path: member)
        let features = try QuestionFeatures(
            file, tokenizer: tokenizer, settings: WindowSettings(), training: true)
        var settings = AnswerSettings()
        settings.allowsNoAnswer = metric == .squad2
        settings.maximumAnswerLength = 384
        var scores: [AnswerScore] = []
        for (index, question) in file.questions.enumerated() {
            let range = features.windowsOfQuestion[index]
            if range.isEmpty { continue }
            let logits = features.windows[range].map(Self.perfect)
            let answer = features.predict(question: index, logits: logits, settings: settings)
            let golds = question.answers.first.map { [$0.text] } ?? []
            scores.append(metric.score(answer.text, golds: golds))
        }
        let skipped = Double(features.skipped.count) / Double(file.questions.count)
        let percent = AnswerScore.percent(scores)
        #expect(skipped < 0.03)
        #expect(percent.exactMatch >= least && percent.f1 >= least)
    }

    /// transformers 4.57.6's `squad_convert_example_to_features` with its slow tokenizer produces
    /// the same number of windows with the same sums, over all questions.
    @Test func windowsAreThoseOfTransformers() throws {
        let member = "qa/squad_en.dev.json"
        let features = try QuestionFeatures(
            try QuestionFile.parse(SharedData.file(member, of: "qa"), path: member),
            tokenizer: try SharedData.tokenizer("bert-base-uncased", lowercase: true),
            settings: WindowSettings(), training: true)
        let windows = features.windows
        #expect(windows.count == 5372 && features.skipped.isEmpty)
        #expect(windows.reduce(0) { $0 + Int($1.start ?? 0) } == 444_403)
        #expect(windows.reduce(0) { $0 + Int($1.end ?? 0) } == 461_797)
        let ids = windows.lazy.map { features.input($0).tokenIDs.reduce(0) { $0 + Int($1) } }
        #expect(ids.reduce(0, +) == 4_540_406_467)
    }

    /// Scores of a model that knows the labels. A window without the answer prefers "no answer",
    /// slightly less than a window with the answer prefers the answer.
    private static func perfect(_ window: AnswerWindow) -> SpanLogits {
        var start = [Float](repeating: 0, count: 384)
        var end = start
        let value: Float = window.start == 0 ? 4 : 9
        start[Int(window.start ?? 0)] = value
        end[Int(window.end ?? 0)] = value
        return SpanLogits(start: start, end: end)
    }
}
