import FoundationEssentials
import Testing

/// Answers of `bert predict` about the data that its models have learned by heart.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct PredictedAnswerTests {
    /// A line of output, of any kind of task.
    private struct Answer: Decodable {
        struct Candidate: Decodable {
            let text: String
            let probability: Double
        }

        let label: String?
        let labels: [String]?
        let score: Double?
        let choice: Int?
        let probability: Double?
        let probabilities: [String: Double]?
        let choiceProbabilities: [Double]?
        let words, tags: [String]?
        let answer: String?
        let nullScore: Double?
        let candidates: [Candidate]?
    }

    private typealias Sentence = FanOutFixture.Sentence

    /// Trains one model of a task, chosen by `metric`, which must reach `score`, and asks it about
    /// every sentence.
    private func answers(
        _ task: String, metric: String, atLeast score: Double = 1, _ line: (Int, Sentence) -> String
    ) throws -> [(sentence: Sentence, answer: Answer)] {
        let fanOut = try FanOut(
            [task], "seeds: [1]\nepochs: [40]\nlearning_rates: [3.0e-3]\nhead_dropout: 0")
        try fanOut.run(["--set", "tasks.0.metric=\(metric)"]).require()
        let trial = try fanOut.trials()[0]
        #expect(try #require(trial.scores?[metric] ?? nil) >= score, "\(trial)")
        let sentences = FanOutFixture.sentences
        let outcome = try fanOut.predict(task, sentences.enumerated().map(line))
        try outcome.require()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let answers = try outcome.output.split(separator: "\n").map {
            try decoder.decode(Answer.self, from: Data($0.utf8))
        }
        try #require(answers.count == sentences.count)
        return Array(zip(sentences, answers))
    }

    private func isOne(_ sum: Double) -> Bool { abs(sum - 1) < 1e-9 }

    @Test func classification() throws {
        for (sentence, answer) in try answers("class", metric: "accuracy", { $1.text }) {
            let right = sentence.isEarly ? "yes" : "no"
            let probabilities = try #require(answer.probabilities)
            #expect(answer.label == right && Set(probabilities.keys) == ["yes", "no"])
            #expect(answer.probability == probabilities[right])
            #expect(isOne(probabilities.values.reduce(0, +)))
            #expect(probabilities.allSatisfy { $1 > 0.5 ? $0 == right : true })
        }
    }

    @Test func multiLabel() throws {
        for (sentence, answer) in try answers("multi", metric: "accuracy", { $1.text }) {
            let right = sentence.isEarly ? ["early", "x"] : ["late"]
            let probabilities = try #require(answer.probabilities)
            #expect(answer.labels == right && Set(probabilities.keys) == ["early", "late", "x"])
            #expect(probabilities.filter { $1 > 0.5 }.keys.sorted() == right)
            #expect(probabilities.values.allSatisfy { (0...1).contains($0) })
        }
    }

    @Test func regression() throws {
        let sentences = FanOutFixture.sentences
        let answers = try answers("number", metric: "pearson", atLeast: 0.95) {
            "\($1.text)\t\(sentences[59 - $0].text)"
        }
        for (sentence, answer) in answers {
            // Numbers of different places are 0.5 apart.
            #expect(abs(try #require(answer.score) - sentence.number) < 0.25, "\(sentence)")
        }
    }

    @Test func tagging() throws {
        for (sentence, answer) in try answers("tags", metric: "entity_f1", { $1.text }) {
            let words = sentence.text.split(separator: " ").map(String.init)
            #expect(answer.words == words)
            #expect(answer.tags == words.map { sentence.tag($0) })
        }
    }

    @Test func questionAnswering() throws {
        for (sentence, answer) in try answers(
            "questions", metric: "exact_match", { "\($1.question)\t\($1.text)" })
        {
            let candidates = try #require(answer.candidates)
            #expect(answer.answer == sentence.place && answer.nullScore == nil)
            #expect(candidates.count == 5 && candidates[0].text == sentence.place)
            #expect(answer.probability == candidates[0].probability)
            #expect(candidates.map(\.probability) == candidates.map(\.probability).sorted(by: >))
            #expect(candidates.allSatisfy { sentence.text.contains($0.text) })
        }
    }

    @Test func questionsWithoutAnswer() throws {
        for (sentence, answer) in try answers(
            "squad2", metric: "exact_match", { "\($1.question)\t\($1.text)" })
        {
            #expect(answer.answer == (sentence.isEarly ? sentence.place : ""))
            #expect((try #require(answer.nullScore) > 0) == !sentence.isEarly)
            // Without a margin the most probable candidate is chosen.
            let best = try #require(answer.candidates?.first)
            #expect(answer.answer == best.text && answer.probability == best.probability)
        }
    }

    @Test func multipleChoice() throws {
        for (sentence, answer) in try answers(
            "choice", metric: "accuracy",
            { "\($1.text)\t\($1.choices.joined(separator: "\t"))" })
        {
            let probabilities = try #require(answer.choiceProbabilities)
            #expect(answer.choice == sentence.rightChoice && probabilities.count == 2)
            #expect(answer.probability == probabilities[sentence.rightChoice])
            #expect(probabilities[sentence.rightChoice] > 0.5)
            #expect(isOne(probabilities[0] + probabilities[1]))
        }
    }
}
