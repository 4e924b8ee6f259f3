import FineTuning
import TemporaryDirectories
import Testing
import Tokenization

@Suite struct TaskDataTests {
    private let tokenizer: WordPieceTokenizer

    init() throws {
        let letters = (97...122).map { String(Unicode.Scalar($0)) }
        tokenizer = WordPieceTokenizer(
            vocabulary: try Vocabulary(
                lines: Vocabulary.specialTokens + letters + letters.map { "##" + $0 }),
            lowercase: true)
    }

    /// Writes files into a new folder and loads them as a task.
    private func load(
        _ train: String, _ evaluate: String, ending: String, kind: TaskKind,
        _ change: (inout TaskDefinition) -> Void = { _ in }
    ) throws -> TaskData {
        let folder = TemporaryDirectory()
        var task = TaskDefinition()
        task.kind = kind
        task.train = try folder.write("train." + ending, train)
        task.evaluate = try folder.write("dev." + ending, evaluate)
        change(&task)
        return try TaskData.load(task, tokenizer: tokenizer, sequenceLength: 8)
    }

    @Test func classification() throws {
        let data = try load(
            "sentence\tlabel\nabc\tyes\nab\tno\n", "label\tsentence\nno\ta\n", ending: "tsv",
            kind: .classification)
        #expect(data.labels.names == ["no", "yes"])
        #expect(data.train.inputCount == 2)
        guard case .sequences(let examples) = data.evaluate else {
            Issue.record("no sequences")
            return
        }
        #expect(examples.map(\.label) == [.category(0)])
    }

    @Test func labelsCanBeListed() throws {
        let text = "sentence,label\na,x\n"
        let data = try load(text, text, ending: "csv", kind: .classification) {
            $0.labels = ["y", "x"]
        }
        #expect(data.labels.names == ["y", "x"])
        let message = message {
            _ = try load(text, text, ending: "csv", kind: .classification) { $0.labels = ["y"] }
        }
        #expect(message.hasSuffix("train.csv:2: label x is not listed under labels"))
        let tags = outcome("a X\n\nb Y\n", .tagging, "txt") { $0.labels = ["X"] }
        #expect(tags.contains("train.txt:3: a word of this sentence has the tag Y"))
    }

    /// Scores compare bytes, so labels that differ in nothing else must not become one class.
    @Test func labelsThatLookAlikeAreTold() {
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        let texts = "sentence\tlabel\na\t\(composed)\nb\t\(decomposed)\n"
        for (text, kind, ending) in [
            (texts, TaskKind.classification, "tsv"),
            ("a \(composed)\nb \(decomposed)\n", .tagging, "txt"),
        ] {
            #expect(outcome(text, kind, ending).contains("two labels look alike"))
        }
        #expect(LabelMap(names: [composed])?.id(of: decomposed) == nil)
    }

    private func outcome(
        _ text: String, _ kind: TaskKind, _ ending: String,
        _ change: (inout TaskDefinition) -> Void = { _ in }
    ) -> String {
        message { _ = try load(text, text, ending: ending, kind: kind, change) }
    }

    @Test func labelsComeFromTrainingData() {
        let message = message {
            _ = try load(
                "sentence\tlabel\na\tx\nb\ty\n", "sentence\tlabel\na\tx\na\tz\n",
                ending: "tsv", kind: .classification)
        }
        #expect(message.hasSuffix("dev.tsv:3: label z is not one of those trained on (x, y)"))
    }

    @Test func oneClassIsNothingToLearn() {
        let text = "sentence\tlabel\na\tx\nb\tx\n"
        let message = message { _ = try load(text, text, ending: "tsv", kind: .classification) }
        #expect(message.contains("train.tsv: every record has the label x"))
    }

    @Test func f1NeedsTwoClasses() throws {
        let text = "sentence\tlabel\na\tx\nb\ty\n"
        func load(_ text: String) throws {
            _ = try self.load(text, text, ending: "tsv", kind: .classification) { $0.metric = .f1 }
        }
        try load(text)
        let message = message { try load(text + "c\tz\n") }
        #expect(message.contains("metric: f1 is that of class 1 of two, and there are 3"))
    }

    @Test func regressionOfPairs() throws {
        let text = "{\"sentence\": \"a\", \"s2\": \"b\", \"label\": 2.5}\n"
        let data = try load(text, text, ending: "jsonl", kind: .regression) {
            $0.columns.pair = "s2"
        }
        #expect(data.train.inputCount == 1)
    }

    @Test func multiLabel() throws {
        let text = "{\"sentence\": \"a\", \"label\": [\"p\", \"q\"]}\n"
        let data = try load(text, text, ending: "jsonl", kind: .multiLabel)
        #expect(data.labels.names == ["p", "q"])
        let none = "{\"sentence\": \"a\", \"label\": []}\n"
        let message = message { _ = try load(none, none, ending: "jsonl", kind: .multiLabel) }
        #expect(message.contains("0 different labels"))
    }

    @Test func tagging() throws {
        let train = "a\tB-X\nb\tO\n\nabcdefghij\tO\nc\tB-X\n"
        let data = try load(train, "a B-Y\n", ending: "txt", kind: .tagging)
        #expect(data.labels.names == ["B-X", "O"])
        #expect(data.train.inputCount == 2)
        #expect(data.notes.count == 1 && data.notes[0].contains("1 of 4 words have no token"))
    }

    @Test func questions() throws {
        func file(_ answer: String) -> String {
            "{\"data\": [{\"paragraphs\": [{\"context\": \"a b c d e f\", \"qas\": [{\"id\": \"i\", "
                + "\"question\": \"g\", \"answers\": [{\"text\": \"\(answer)\", \"answer_start\": 2}]}"
                + "]}]}]}"
        }
        func change(_ task: inout TaskDefinition) {
            task.stride = 2
            task.maximumQuestionLength = 3
        }
        let data = try load(
            file("b"), file("x"), ending: "json", kind: .questionAnswering, change)
        #expect(data.labels.count == 0 && data.notes.isEmpty)
        // Four pieces fit: a-d and c-f, with [CLS] g [SEP] and [SEP].
        #expect(data.train.inputCount == 2)
        let message = message {
            _ = try load(
                file("x"), file("b"), ending: "json", kind: .questionAnswering, change)
        }
        #expect(
            message.hasSuffix(
                "train.json: holds no example: 1 of 1 questions are left out, for example i: "
                    + "its answer is not at the place given"))
        // Told where answers are always given to questions without one.
        let impossible = file("b").replacing(
            "\"id\": \"i\"", with: "\"is_impossible\": true, \"id\": \"i\"")
        let odd = try load(impossible, file("b"), ending: "json", kind: .questionAnswering, change)
        #expect(odd.notes.count == 1 && odd.notes[0].contains("answers: squad2 does not"))
    }

    @Test func multipleChoice() throws {
        let text = "p,c1,c2,label\na,b,c,1\n"
        let data = try load(text, text, ending: "csv", kind: .multipleChoice) {
            $0.columns.text = "p"
            $0.columns.choices = ["c1", "c2"]
        }
        #expect(data.train.inputCount == 2)
    }

    /// All choices of an example are in memory together: a line must not decide how much that is.
    @Test(arguments: [1000, 1001])
    func choicesAreBounded(count: Int) throws {
        let ways = [String](repeating: "\"a\"", count: count).joined(separator: ",")
        let text = "{\"p\": \"b\", \"c\": [\(ways)], \"label\": 0}\n"
        let message = message {
            _ = try load(text, text, ending: "jsonl", kind: .multipleChoice) {
                $0.columns.text = "p"
                $0.columns.choices = ["c"]
            }
        }
        #expect(
            count > 1000
                ? message.contains("train.jsonl:1: 1001 choices; there must be 2 to 1000")
                : message.isEmpty, "\(message)")
    }
}
