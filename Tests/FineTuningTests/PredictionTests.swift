import BERT
import FineTuning
import TemporaryDirectories
import Testing
import Tokenization

/// Requests, inputs of the model, and scores of its outputs.
@Suite struct PredictionTests {
    private func request(_ line: String, _ kind: TaskKind) throws -> any TaskRequest {
        try PredictionRequest(line: line, kind: kind, path: "in", number: 7).content
    }

    @Test func linesAndObjectsAreRead() throws {
        func expect<Request: TaskRequest>(
            _ line: String, _ kind: TaskKind, _ expected: Request,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let request = try request(line, kind)
            #expect(request as? Request == expected, sourceLocation: sourceLocation)
        }
        try expect("a b", .classification, TextRequest("a b", pair: nil))
        try expect("a\tb", .regression, TextRequest("a", pair: "b"))
        try expect(
            " {\"text\": \"a\\t\", \"pair\": \"{\"}", .multiLabel,
            TextRequest("a\t", pair: "{"))
        try expect(
            "{\"text\": \"a\", \"pair\": null}", .regression, TextRequest("a", pair: nil))
        try expect("  a  b\u{3000}c ", .tagging, WordsRequest(["a", "b", "c"]))
        try expect("{\"text\": \"a  b\"}", .tagging, WordsRequest(["a", "b"]))
        try expect("{\"words\": [\"a b\", \"c\"]}", .tagging, WordsRequest(["a b", "c"]))
        try expect(
            "who?\tit was he", .questionAnswering, QuestionRequest("who?", context: "it was he"))
        try expect(
            "{\"question\": \"q\", \"context\": \"\"}", .questionAnswering,
            QuestionRequest("q", context: ""))
        try expect(
            "p\ta\tb\tc", .multipleChoice, ChoiceRequest(prompt: "p", ["a", "b", "c"]))
        try expect(
            "{\"prompt\": \"p\", \"choices\": [\"a\", \"b\"]}", .multipleChoice,
            ChoiceRequest(prompt: "p", ["a", "b"]))
    }

    @Test(
        "missing parts are reported with the line",
        arguments: [
            ("a\tb\tc", TaskKind.classification), ("{\"txt\": \"a\"}", .classification),
            ("{\"text\": 3}", .regression), ("{\"text\": \"a\", \"pair\": 5}", .classification),
            ("{", .classification), ("{\"words\": []}", .tagging),
            ("{\"words\": [1]}", .tagging), ("only a question", .questionAnswering),
            ("p\ta", .multipleChoice),
            ("{\"prompt\": \"p\", \"choices\": [\"a\"]}", .multipleChoice),
        ])
    func refused(line: String, kind: TaskKind) throws {
        let error = #expect(throws: TaskDataError.self) { _ = try request(line, kind) }
        #expect(error?.description.hasPrefix("in:7: ") == true)
    }

    @Test(
        "descriptions of models are not trusted",
        arguments: [
            ("\"stride\": 3", "\"stride\": 0", "lengths or labels"),
            ("\"stride\": 3", "\"stride\": 9223372036854775807", "lengths or labels"),
            (
                "\"maximum_question_length\": 4",
                "\"maximum_question_length\": 9223372036854775807", "lengths or labels"
            ),
            ("\"sequence_length\": 16", "\"sequence_length\": -1", "lengths or labels"),
            ("\"squad2\"", "\"squad3\"", "answers must be one of squad, squad2, cmrc, found"),
            // A valid one, so that the model is looked up.
            ("squad2", "cmrc", "has no config.json"),
        ])
    func hostileDescriptions(text: String, change: String, expected: String) throws {
        let sound = """
            {"kind": "question_answering", "name": "q", "labels": [], "sequence_length": 16,
             "answers": "squad2", "null_threshold": 0, "stride": 3, "maximum_question_length": 4,
             "trial": "q/b/x", "scores": {"scores": []}}
            """
        let folder = TemporaryDirectory()
        try folder.write("finetuning.json", sound.replacing(text, with: change))
        let message = message { _ = try FineTunedModel(folder.path) }
        #expect(message.contains(expected), "\(message)")
    }

    private let tokenizer: WordPieceTokenizer

    init() throws {
        tokenizer = WordPieceTokenizer(
            vocabulary: try Vocabulary(lines: Vocabulary.specialTokens + ["a", "b", "c", "d"]),
            lowercase: true)
    }

    private func table(_ lines: [String], _ columns: [String]) throws -> TaskTable {
        try TaskTable.parse(
            Array(lines.joined(separator: "\n").utf8), path: "t", format: .jsonLines,
            columns: columns)
    }

    /// Two, three and two choices, of which the second is right.
    private func choices() throws -> TaskInputs {
        let lines = [2, 3, 2].map { count in
            let ways = [String](repeating: "\"b\"", count: count).joined(separator: ",")
            return "{\"p\": \"a\", \"c\": [\(ways)], \"l\": 1}"
        }
        return TaskInputs(
            try table(lines, ["p", "c", "l"]).choiceExamples(
                prompt: 0, choices: [1], label: 2,
                encoder: InputEncoder(tokenizer, maximumLength: 8)))
    }

    @Test func choicesStayTogether() throws {
        let inputs = try choices()
        #expect(inputs.count == 3 && inputs.largest == 3)
        #expect((0..<3).map { inputs.inputs(of: $0) } == [0..<2, 2..<5, 5..<7])
        #expect(inputs.batches(0..<3, inputs: 5) == [[0, 1], [2]])
        #expect(inputs.batches(0..<3, inputs: 1) == [[0], [1], [2]])
        #expect(inputs.batches([2, 0, 1], inputs: 100) == [[2, 0, 1]])
        #expect(inputs.batches(0..<0, inputs: 4).isEmpty)
        let example = inputs.example(1, epoch: 4)
        #expect(example.inputs.map(\.sample) == [2, 3, 4])
        #expect(example.target == .category(1) && example.epoch == 4)
        #expect(example.inputs[0].segmentIDs == [0, 0, 0, 1, 1])
    }

    @Test func choicesAreScoredByExample() throws {
        let outputs: [[Float]] = [[0], [1], [3], [2], [1], [5], [5]]
        let scores = try TaskScores.scores(
            task(.multipleChoice), choices().examples, labels: LabelMap(collecting: [String]()),
            outputs: outputs)
        // Correct, wrong, and a tie, of which the first counts.
        #expect(scores[.accuracy] == 1.0 / 3)
    }

    @Test func tagsAreCondensedToClasses() {
        let logits: [Float] = [0, 1, 0, 2, 2, 1, -3, -2, -1]
        #expect(TaskKind.tagging.condensed(logits, classes: 3) == [1, 0, 2])
        #expect(TaskKind.questionAnswering.condensed(logits, classes: 2) == logits)
    }

    @Test func sequencesAreScored() throws {
        func examples(
            _ labels: [String],
            _ target: (TaskTable, TaskTable.Row) throws(TaskDataError) -> TaskTarget
        ) throws -> [SequenceExample] {
            let table = try table(labels.map { "{\"s\": \"a\", \"l\": \($0)}" }, ["s", "l"])
            return try table.examples(
                first: 0, encoder: InputEncoder(tokenizer, maximumLength: 8)
            ) { (row) throws(TaskDataError) in try target(table, row) }
        }
        let map = try #require(LabelMap(names: ["x", "y"]))
        let classes = try TaskScores.scores(
            task(.classification),
            examples(["\"x\"", "\"y\"", "\"y\""]) { (table, row) throws(TaskDataError) in
                .category(try table.category(row, 1, map))
            }, labels: map, outputs: [[1, 0], [0, 1], [2, 1]])
        #expect(classes[.accuracy] == 2.0 / 3)
        let several = try TaskScores.scores(
            task(.multiLabel),
            examples(["[\"x\"]", "[]"]) { (table, row) throws(TaskDataError) in
                .categories(try table.categories(row, 1, map))
            }, labels: map, outputs: [[1, 1], [-1, 0]])
        #expect(several[.accuracy] == 0.5 && several[.microF1] == 2.0 / 3)
        let numbers = try TaskScores.scores(
            task(.regression),
            examples(["1", "2", "4"]) { (table, row) throws(TaskDataError) in
                .score(try table.score(row, 1))
            }, labels: map, outputs: [[0.1], [0.2], [0.4]])
        #expect(isClose(try #require(numbers[.pearson]), 1, 1e-6))
    }

    private func task(_ kind: TaskKind) -> TaskDefinition {
        var task = TaskDefinition()
        task.kind = kind
        return task
    }
}
