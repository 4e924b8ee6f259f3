import DurableFiles
import FoundationEssentials
import TemporaryDirectories
import Testing

/// A small pre-trained model and files of all kinds of tasks, made once for all tests.
struct FanOutFixture: Sendable {
    private let scratch = TemporaryDirectory()
    /// The run directory of the model.
    let model: String

    static let shared = Result { try FanOutFixture() }

    private static let animals = ["fox", "heron", "otter", "hare", "owl", "toad"]
    private static let places = ["river", "meadow", "hill", "forest", "garden"]

    /// One example of every task.
    struct Sentence: Sendable {
        let animal, place: String
        /// Whether the animal is in the first half of the alphabet's animals.
        let isEarly: Bool
        /// A number that the place decides.
        let number: Double
        /// Two choices, of which the place is the right one.
        let choices: [String]
        let rightChoice: Int

        var text: String { "the \(animal) lives near the \(place)" }
        var question: String { "where is the \(animal)" }

        /// The tag of a word of the text.
        func tag(_ word: some StringProtocol) -> String {
            word == animal ? "B-ANI" : word == place ? "B-PLA" : "O"
        }
    }

    static let sentences = (0..<60).map { number in
        let animal = animals[number * 7 % 6]
        let place = places[number * 3 % 5]
        let other = animals[(number * 7 + 1) % 6]
        let right = number % 2
        return Sentence(
            animal: animal, place: place, isEarly: animal < "hb", number: Double(number % 5) / 2,
            choices: right == 0 ? [place, other] : [other, place], rightChoice: right)
    }

    private init() throws {
        let run = try Run.tiny(steps: 3)
        try run.finish()
        model = scratch.file("model")
        try copyDirectory(run.checkpoint(3), to: model)
        let sentences = Self.sentences
        func table(_ header: String, _ row: (Int) -> String) -> String {
            "\(header)\n" + sentences.indices.map { row($0) + "\n" }.joined()
        }
        try scratch.write(
            "class.tsv",
            table("sentence\tlabel") {
                "\(sentences[$0].text)\t\(sentences[$0].isEarly ? "yes" : "no")"
            })
        try scratch.write(
            "multi.tsv",
            table("sentence\tlabel") {
                "\(sentences[$0].text)\t\(sentences[$0].isEarly ? "early,x" : "late")"
            })
        try scratch.write(
            "number.tsv",
            table("sentence\tother\tlabel") {
                "\(sentences[$0].text)\t\(sentences[59 - $0].text)\t\(sentences[$0].number)"
            })
        try scratch.write(
            "choice.tsv",
            table("sentence\ta\tb\tlabel") {
                let choices = sentences[$0].choices.joined(separator: "\t")
                return "\(sentences[$0].text)\t\(choices)\t\(sentences[$0].rightChoice)"
            })
        try scratch.write(
            "tags.conll",
            sentences.map { sentence in
                sentence.text.split(separator: " ").map { word in
                    "\(word)\t\(sentence.tag(word))\n"
                }.joined() + "\n"
            }.joined())
        try scratch.write("questions.json", Self.questions { _ in true })
        try scratch.write("squad2.json", Self.questions { $0.isEarly })
    }

    /// A file of a question about each sentence; those that `isAnswered` rejects have no answer.
    private static func questions(_ isAnswered: (Sentence) -> Bool) -> String {
        let questions = sentences.enumerated().map { index, sentence in
            let start = sentence.text.count - sentence.place.count
            let answers =
                isAnswered(sentence)
                ? "[{\"text\": \"\(sentence.place)\", \"answer_start\": \(start)}]" : "[]"
            return """
                {"context": "\(sentence.text)", "qas": [{"id": "q\(index)", \
                "question": "\(sentence.question)", "answers": \(answers)}]}
                """
        }
        return "{\"data\": [{\"paragraphs\": [\(questions.joined(separator: ",\n"))]}]}"
    }

    /// The text of a task of each kind, by its name.
    static let kinds = [
        "class": "file: class.tsv",
        "multi": "kind: multi_label, epochs: [30], file: multi.tsv",
        "number": "kind: regression, columns: {pair: other}, file: number.tsv",
        "choice": "kind: multiple_choice, columns: {choices: [a, b]}, file: choice.tsv",
        "tags": "kind: tagging, file: tags.conll",
        "questions":
            "kind: question_answering, stride: 4, maximum_question_length: 8, file: questions.json",
        "squad2":
            "kind: question_answering, answers: squad2, stride: 4, maximum_question_length: 8, "
            + "file: squad2.json",
    ]

    /// A new file with `text`.
    func file(_ name: String, _ text: String) throws -> String { try scratch.write(name, text) }

    /// A task, trained and scored on the same file.
    func task(_ name: String) -> String {
        let parts = (Self.kinds[name] ?? "").split(separator: "file: ", maxSplits: 1)
        let file = scratch.file(String(parts.last ?? ""))
        let rest = parts.count > 1 ? String(parts[0]) : ""
        return "{name: \(name), \(rest)train: \(file), evaluate: \(file)}"
    }
}

/// One fan-out.
struct FanOut {
    private let scratch = TemporaryDirectory()
    var configuration: String
    var environment: [String] = []

    /// The tasks of the fixture by name, and further keys.
    init(_ tasks: [String], _ more: String) throws {
        let fixture = try FanOutFixture.shared.get()
        configuration = """
            checkpoints: [{name: tiny, path: \(fixture.model)}]
            tasks: [\(tasks.map(fixture.task).joined(separator: ", "))]
            sequence_length: 24
            batch_size: 8
            micro_batch_size: 4
            \(more)
            """
    }

    /// Directory of the results; a folder of its own unless set.
    var directory: String { place ?? scratch.file("run") }
    var place: String?

    func path(_ name: String) -> String { Paths.join(directory, name) }

    func arguments(_ more: [String] = []) throws -> [String] {
        let file = try scratch.write("finetune.yaml", configuration)
        return ["finetune", "--config", file, "--run", directory] + more
    }

    func run(ranks: Int? = nil, _ more: [String] = []) throws -> Outcome {
        try Program.train(ranks: ranks, arguments(more), environment: environment)
    }

    func start(ranks: Int? = nil, _ more: [String] = []) throws -> RunningProgram {
        try Program.start(ranks: ranks, arguments(more), environment: environment)
    }

    /// Batches after which the state of a trial was saved; 0 if there is none.
    func keptBatches(_ key: String) -> Int {
        struct State: Decodable { var batches: Int }
        guard let bytes = try? fileBytes(path("trials/\(key)/state/state.json")),
            let state = try? JSONDecoder().decode(State.self, from: Data(bytes))
        else { return 0 }
        return state.batches
    }

    /// A trial of `results.json`.
    struct Trial: Decodable, Equatable {
        var key: String
        var status: String
        var scores: [String: Double?]?
        var evaluations: Int?
        var failures: Int
        var error: String?
    }

    private struct Results: Decodable { var trials: [Trial] }

    func trials() throws -> [Trial] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let bytes = try fileBytes(path("results.json"))
        return try decoder.decode(Results.self, from: Data(bytes)).trials
    }

    /// The losses of a trial's curve.
    func losses(_ key: String) throws -> [Double] {
        struct Curve: Decodable {
            struct Point: Decodable { var loss: Double }
            var losses: [Point]
        }
        let bytes = try fileBytes(path("trials/\(key)/curve.json"))
        return try JSONDecoder().decode(Curve.self, from: Data(bytes)).losses.map(\.loss)
    }

    /// Answers of `bert predict` to the given lines.
    func predict(_ task: String, _ lines: [String]) throws -> Outcome {
        let input = try scratch.write("input-\(task).txt", lines.joined(separator: "\n") + "\n")
        return try RunningProgram(
            [Program.path("bert"), "predict", path("models/\(task)"), "--input", input], in: "/"
        ).wait()
    }
}

/// A trial that takes long enough to be interrupted.
enum LongFanOut {
    static let settings = "seeds: [1]\nepochs: [60]\nlearning_rates: [1.0e-3]\n"
    static let key = "class/tiny/lr0.001-epochs60-seed1"
}
