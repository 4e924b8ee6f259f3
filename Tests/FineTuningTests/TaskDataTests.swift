import BERT
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
        let examples = try #require(data.evaluate as? [SequenceExample])
        #expect(examples.map(\.target) == [.category(0)])
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

    /// Scores compare bytes, so labels that differ only in their code points must not become one
    /// class.
    @Test func labelsThatLookAlikeAreTold() {
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        let texts = "sentence\tlabel\na\t\(composed)\nb\t\(decomposed)\n"
        for (text, kind, ending) in [
            (texts, TaskKind.classification, "tsv"),
            ("a \(composed)\nb \(decomposed)\n", .tagging, "txt"),
        ] {
            #expect(outcome(text, kind, ending).contains("look alike, but have"))
        }
        #expect(LabelMap(names: [composed])?.id(of: decomposed) == nil)
    }

    /// Labels that differ only in white space at their ends are one class, in every kind of file.
    @Test func labelsAreTrimmed() throws {
        let rows = [("a", "x"), ("b", "x "), ("c", "\u{a0}x"), ("d", " y")]
        let table = { (separator: String) in
            "sentence\(separator) label \n" + rows.map { "\($0)\(separator)\($1)\n" }.joined()
        }
        let json = rows.map { "{\"sentence\": \"\($0)\", \"label \": \"\($1)\"}\n" }.joined()
        for (text, ending) in [(table("\t"), "tsv"), (table(","), "csv"), (json, "jsonl")] {
            let data = try load(text, text, ending: ending, kind: .classification)
            #expect(data.labels.names == ["x", "y"], "\(ending)")
            #expect(
                data.notes.count == 2
                    && data.notes.allSatisfy { $0.contains("3 labels have white space") },
                "\(data.notes)")
        }
        let lists = "{\"sentence\": \"a\", \"label\": [\"p \", \"q\"]}\n"
        let more = "{\"sentence\": \"a\", \"label\": \"p, q\\u00a0\"}\n"
        let multi = try load(lists + more, lists, ending: "jsonl", kind: .multiLabel)
        #expect(multi.labels.names == ["p", "q"])
        let tags = try load("a\tO \nb\tO\n", "a\tO\n", ending: "txt", kind: .tagging)
        #expect(tags.labels.names == ["O"])
        let choice = "sentence,p,q,label\na,b,c, 1 \n"
        _ = try load(choice, choice, ending: "csv", kind: .multipleChoice) {
            $0.columns.choices = ["p ", "q"]
        }
        #expect(
            outcome("sentence\tlabel\na\tu v\nb\tu  v\n", .classification, "tsv").contains("alike"))
        #expect(
            outcome("sentence\tlabel\na\tx\nb\t \n", .classification, "tsv").contains(
                ":3: the label is empty"))
    }

    @Test func columnsWithOneNameAreTold() {
        #expect(
            outcome("sentence\tlabel\tlabel \na\tx\ty\n", .classification, "tsv").hasSuffix(
                "train.tsv:1: two columns have the same name, \"label\""))
        #expect(
            outcome(
                "{\"sentence\": \"a\", \"label \": 1, \" label\": 2}\n", .classification, "jsonl"
            ).hasSuffix("train.jsonl:1: two members are called \"label\" but for white space"))
    }

    /// The loss squares labels in 32 bits.
    @Test(arguments: ["1e39", "-1e19", "inf", "nan", "0x10", "1e400", "1,5", "one", ""])
    func scoresAreFinite(label: String) {
        let text = "sentence\tlabel\na\t1\nb\t\(label)\n"
        #expect(
            outcome(text, .regression, "tsv").contains(
                "train.tsv:3: the label must be a decimal number"))
    }

    @Test func scoresMayBeWrittenInManyWays() throws {
        let text = "sentence\tlabel\na\t -1.5e3\nb\t+2\nc\t1e-50\nd\t.5\n"
        #expect(try load(text, text, ending: "tsv", kind: .regression).train.inputCount == 4)
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

    /// Baseline without learning: the most frequent answer of the training data.
    @Test func baselines() throws {
        func score(
            _ train: String, _ evaluate: String, _ ending: String, _ kind: TaskKind,
            _ metric: TaskMetric, _ change: (inout TaskDefinition) -> Void = { _ in }
        ) throws -> Double? {
            var task = TaskDefinition()
            let data = try load(train, evaluate, ending: ending, kind: kind) {
                change(&$0)
                task = $0
            }
            return try #require(data.baseline(task))[metric]
        }
        let train = "sentence\tlabel\na\tx\nb\ty\nc\ty\n"
        let evaluate = "sentence\tlabel\na\tx\nb\ty\nc\tx\nd\tx\n"
        #expect(try score(train, evaluate, "tsv", .classification, .accuracy) == 0.25)
        #expect(try score(train, evaluate, "tsv", .classification, .matthews) == 0)
        let lists = "sentence\tlabel\na\tp,q\nb\tp\n"
        #expect(try score(lists, lists, "tsv", .multiLabel, .accuracy) == 0.5)
        let numbers = "sentence\tlabel\na\t1\nb\t2\n"
        #expect(try score(numbers, numbers, "tsv", .regression, .pearson) == nil)
        let tags = "a\tO\nb\tO\nc\tB-X\n"
        #expect(try score(tags, "a\tO\nb\tB-X\n", "txt", .tagging, .accuracy) == 0.5)
        #expect(try score(tags, "a\tO\nb\tB-X\n", "txt", .tagging, .entityF1) == 0)
        let choices = "sentence,p,q,label\na,b,c,1\nd,e,f,1\ng,h,i,0\n"
        let right = try score(choices, choices, "csv", .multipleChoice, .accuracy) {
            $0.columns.choices = ["p", "q"]
        }
        #expect(right == 2.0 / 3)
        let questions = """
            {"data": [{"paragraphs": [{"context": "a b", "qas": [
            {"id": "1", "question": "q", "answers": [], "is_impossible": true},
            {"id": "2", "question": "q", "answers": [{"text": "b", "answer_start": 2}]}]}]}]}
            """
        let none = try score(questions, questions, "json", .questionAnswering, .exactMatch) {
            $0.answers = .squad2
            $0.maximumQuestionLength = 3
        }
        #expect(none == 0.5)
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
        #expect(data.notes.count == 2 && data.notes[0].contains("1 of 4 words have no token"))
        #expect(
            data.notes[1].hasSuffix(
                "1 of 1 words have a tag that was not trained on, and cannot be predicted (B-Y)"))
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
        #expect(data.labels.count == 0)
        #expect(
            data.notes.count == 1
                && data.notes[0].hasSuffix(
                    "dev.json: 1 question has an answer that is not at its answer_start, the first is "
                        + "i on line 1"),
            "\(data.notes)")
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
        // Reported if questions marked impossible have answers.
        let impossible = file("").replacing(
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

    /// All choices of an example are in memory together, so a line must not determine how much that
    /// is.
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
