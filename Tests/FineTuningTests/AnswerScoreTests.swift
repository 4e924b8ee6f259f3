import FineTuning
import Testing

private struct Answers: Decodable {
    struct SQuAD: Decodable {
        let prediction: String
        let golds: [String]
        let exact1, f1v1, exact2, f1v2: Double
    }
    struct CMRC: Decodable {
        let prediction: String
        let golds: [String]
        let exact, f1: Double
    }
    struct Line: Decodable {
        let text: String
        let words: [String]
    }
    let squad: [SQuAD]
    let cmrc: [CMRC]
    let treebank: [Line]
}

@Suite struct AnswerScoreTests {
    private let cases: Answers

    init() throws { cases = try golden("answers.json", as: Answers.self) }

    @Test func squadScoresAreThoseOfTheScripts() {
        for one in cases.squad {
            let first = AnswerMetric.squad1.score(one.prediction, golds: one.golds)
            #expect(first == AnswerScore(exactMatch: one.exact1, f1: one.f1v1), "\(one)")
            let second = AnswerMetric.squad2.score(one.prediction, golds: one.golds)
            #expect(second == AnswerScore(exactMatch: one.exact2, f1: one.f1v2), "\(one)")
        }
    }

    @Test func cmrcScoresAreThoseOfTheScript() {
        for one in cases.cmrc {
            let score = AnswerMetric.cmrc.score(one.prediction, golds: one.golds)
            #expect(score == AnswerScore(exactMatch: one.exact, f1: one.f1), "\(one)")
        }
    }

    @Test func wordsAreThoseOfNLTK() {
        for one in cases.treebank {
            let words = TreebankWords.split(Array(one.text.unicodeScalars)).map {
                String(String.UnicodeScalarView($0))
            }
            #expect(words == one.words, "\(one.text.debugDescription)")
        }
    }

    @Test func percentsAreMeans() {
        let scores = [AnswerScore(exactMatch: 1, f1: 1), AnswerScore(exactMatch: 0, f1: 0.5)]
        #expect(AnswerScore.percent(scores) == AnswerScore(exactMatch: 50, f1: 75))
        #expect(AnswerScore.percent([]) == AnswerScore(exactMatch: 0, f1: 0))
    }
}
