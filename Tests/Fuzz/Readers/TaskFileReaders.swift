import BERT
import FineTuning
import Samples
import Tokenization

/// Tables: TSV, CSV, JSON lines.
struct TableReader: FuzzReader {
    let format: TaskTableFormat
    var name: String { format.rawValue }
    let refusals: [any Error.Type] = [TaskDataError.self]

    init(_ format: TaskTableFormat) { self.format = format }

    private var file: String { "data.\(format.rawValue)" }

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        switch format {
        case .tsv:
            [FuzzInput(file, "text\tid\tlabel\na \"b\t1\tyes\né\t2\tno\n\nlast\t3\t\n")]
        case .csv:
            [
                FuzzInput(
                    file,
                    "text,id,label\r\n\"a, \"\"b\"\"\nc\",1,yes\r\n\"\",2,\r\nplain \" quote,3,x\r\n"
                )
            ]
        case .jsonLines:
            [
                FuzzInput(
                    file,
                    """
                    {"text": "a", "label": "yes", "other": [1, {"b": null}]}
                    {"text": 1.5e3, "label": ["x", "y"]}

                    {"label": true, "text": "\\u00e9\\ud83d\\ude00\\n\\/"}
                    {"text": null, "label": []}

                    """)
            ]
        }
    }

    func read(_ directory: String) throws {
        let table = try TaskTable.read(
            directory + "/" + file, format: format, columns: ["text", "label"])
        let lines = table.rows.map { row in
            let members = zip(table.columns, row.values).map { column, value in
                "\"\(column)\": \(Self.json(value))"
            }
            return "{\(members.joined(separator: ", "))}"
        }
        let back = try TaskTable.parse(
            Array(lines.joined(separator: "\n").utf8), path: "written", format: .jsonLines,
            columns: table.columns)
        for (before, after) in zip(table.rows, back.rows) {
            try FuzzFault.require(
                before.values == after.values, "line \(before.line) reads back as another")
        }
        try FuzzFault.require(table.rows.count == back.rows.count, "it reads back with other rows")
    }

    private static func json(_ value: TaskValue?) -> String {
        switch value {
        case nil: "null"
        case .text(let text): quoted(text)
        case .list(let items): "[\(items.map(quoted).joined(separator: ", "))]"
        }
    }

    /// A text as a JSON string.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// CoNLL and CoNLL-U.
struct TaggedReader: FuzzReader {
    let isUniversal: Bool
    var name: String { isUniversal ? "conllu" : "conll" }
    let refusals: [any Error.Type] = [TaskDataError.self]

    private static let conll = """
        -DOCSTART- -X- O O

        EU NNP I-NP B-ORG
        rejects VBZ I-VP O

        Peter NNP I-NP B-PER
        Blackburn NNP I-NP I-PER

        """

    private static let conllu = """
        # text = They buy
        1-2\tTheybuy\t_\t_\t_\t_\t_\t_\t_\t_
        1\tThey\tthey\tPRON\tPRP\tCase=Nom\t2\tnsubj\t_\t_
        2\tbuy\tbuy\tVERB\tVBP\t_\t0\troot\t_\tSpaceAfter=No
        2.1\tx\t_\t_\t_\t_\t_\t_\t_\t_

        1\tA b\ta\tDET\tDT\t_\t0\troot\t_\t_

        """

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        isUniversal
            ? [FuzzInput("data.conllu", Self.conllu)]
            : [
                FuzzInput("data.conll", Self.conll),
                FuzzInput("data.conll", Self.conll.replacing(" ", with: "\t")),
            ]
    }

    func read(_ directory: String) throws {
        let file = try TaggedFile.read(
            directory + "/data.\(name)", format: isUniversal ? .conllu() : .conll())
        // A line that is not a comment in one file may be one in another.
        let sentences = file.sentences.filter { !($0.words.first ?? "").hasPrefix("#") }
        // A word may begin with the bytes of a byte order mark at the start of a file.
        let text =
            "\n"
            + sentences.map { sentence in
                zip(sentence.words, sentence.tags).enumerated().map { index, pair in
                    isUniversal
                        ? "\(index + 1)\t\(pair.0)\t_\t\(pair.1)\t_\t_\t_\t_\t_\t_"
                        : "\(pair.0)\t\(pair.1)"
                }.joined(separator: "\n") + "\n\n"
            }.joined()
        do {
            let back = try TaggedFile.parse(
                Array(text.utf8), path: "written", format: isUniversal ? .conllu() : .conll()
            ).sentences
            try FuzzFault.require(
                back.map(\.words) == sentences.map(\.words)
                    && back.map(\.tags) == sentences.map(\.tags), "it reads back as another")
        } catch let error as TaskDataError {
            throw FuzzFault("it does not read back: \(error)")
        }
    }
}

/// SQuAD's JSON and its relatives.
struct QuestionsReader: FuzzReader {
    let name = "squad"
    let refusals: [any Error.Type] = [TaskDataError.self]

    static let squad = """
        {"version": "v2.0", "data": [{"title": "t", "paragraphs": [
          {"context": "The fox jumps. It is brown é 中.", "qas": [
            {"id": "1", "question": "Who jumps?", "is_impossible": false,
             "answers": [{"text": "The fox", "answer_start": 0}, {"text": "fox", "answer_start": 4}]},
            {"id": "2", "question": "Why?", "is_impossible": true, "answers": [],
             "plausible_answers": [{"text": "brown", "answer_start": 21}]}]},
          {"context": "The second.", "qas": [
            {"id": "3", "question": "What?", "answers": [{"text": "second", "answer_start": 4}]}]}]}]}
        """

    private static let cmrc = """
        [{"context_id": "a", "context_text": "中文句子。", "title": "t", "qas": [
          {"query_id": "a1", "query_text": "什么?", "answers": ["中文", "句子"]}]}]
        """

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        [Self.squad, Self.cmrc].map { FuzzInput("data.json", $0) }
    }

    func read(_ directory: String) throws {
        for mayLack in [false, true] {
            let file = try QuestionFile.read(directory + "/data.json", mayLackAnswers: mayLack)
            for question in file.questions {
                try FuzzFault.require(
                    file.contexts.indices.contains(question.context), "a question has no context")
            }
        }
    }
}

/// Whole tasks: their files, as features of a model.
struct TaskReader: FuzzReader {
    let name = "task"
    let cost = 3
    let refusals: [any Error.Type] = [TaskDataError.self]

    private static let seedFiles: [(name: String, text: String)] = [
        ("classification.tsv", "text\tpair\tlabel\nthe dog\ta\tyes\na fox\tb\tno\n"),
        ("regression.csv", "text,label\nthe dog,1.5\na fox,-2e3\n"),
        (
            "multi_label.jsonl",
            "{\"text\": \"a b\", \"label\": [\"x\", \"y\"]}\n{\"text\": \"c\", \"label\": []}\n"
        ),
        ("tagging.conll", "the O\ndog B-X\n\na O\nfox I-X\n"),
        (
            "multiple_choice.jsonl",
            "{\"text\": \"a\", \"c1\": \"b\", \"c2\": \"c\", \"label\": 0}\n"
                + "{\"text\": \"d\", \"c1\": \"e\", \"c2\": \"f\", \"label\": \"1\"}\n"
        ),
        ("question_answering.json", QuestionsReader.squad),
    ]

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        Self.seedFiles.map { FuzzInput($0.name, $0.text) }
    }

    func read(_ directory: String) throws {
        let file = try ScratchFiles.files(in: directory)[0].name
        let kind = file.split(separator: ".")[0]
        var task = TaskDefinition()
        task.name = "task"
        task.kind = TaskKind(rawValue: String(kind)) ?? .classification
        task.train = directory + "/" + file
        task.evaluate = task.train
        task.columns.text = "text"
        if task.kind == .multipleChoice { task.columns.choices = ["c1", "c2"] }
        if task.kind == .classification { task.columns.pair = "pair" }
        if task.kind == .questionAnswering { task.answers = .squad2 }
        task.stride = 4
        task.maximumQuestionLength = 8
        let tokenizer = WordPieceTokenizer(
            vocabulary: try Vocabulary(lines: VocabularyReader.pieces), lowercase: true)
        let data = try TaskData.load(task, tokenizer: tokenizer, sequenceLength: 24)
        let inputs = TaskInputs(data.train)
        for index in 0..<min(inputs.count, 50) {
            for input in inputs.example(index, epoch: 1).inputs {
                try FuzzFault.require(
                    (1...24).contains(input.tokenIDs.count)
                        && input.segmentIDs.count == input.tokenIDs.count,
                    "an input has \(input.tokenIDs.count) tokens")
            }
        }
    }
}
