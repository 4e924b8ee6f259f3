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

    private init() throws {
        let run = try Run.tiny(steps: 3)
        try run.finish()
        model = scratch.file("model")
        try copyDirectory(run.checkpoint(3), to: model)
        let sentences = (0..<60).map { number in
            let animal = Self.animals[number * 7 % 6]
            let place = Self.places[number * 3 % 5]
            return (animal: animal, place: place, text: "the \(animal) lives near the \(place)")
        }
        func table(_ header: String, _ row: (Int) -> String) -> String {
            "\(header)\n" + sentences.indices.map { row($0) + "\n" }.joined()
        }
        try scratch.write(
            "class.tsv",
            table("sentence\tlabel") {
                "\(sentences[$0].text)\t\(sentences[$0].animal < "hb" ? "yes" : "no")"
            })
        try scratch.write(
            "multi.tsv",
            table("sentence\tlabel") {
                "\(sentences[$0].text)\t\(sentences[$0].animal < "hb" ? "early,x" : "late")"
            })
        try scratch.write(
            "number.tsv",
            table("sentence\tother\tlabel") {
                "\(sentences[$0].text)\t\(sentences[59 - $0].text)\t\(Double($0 % 5) / 2)"
            })
        try scratch.write(
            "choice.tsv",
            table("sentence\ta\tb\tlabel") { index in
                let other = Self.places[(index * 3 + 1) % 5]
                let right = index % 2
                let ways =
                    right == 0 ? [sentences[index].place, other] : [other, sentences[index].place]
                return "\(sentences[index].text)\t\(ways[0])\t\(ways[1])\t\(right)"
            })
        try scratch.write(
            "tags.conll",
            sentences.map { sentence in
                sentence.text.split(separator: " ").map { word in
                    let tag =
                        word == sentence.animal
                        ? "B-ANI" : word == sentence.place ? "B-PLA" : "O"
                    return "\(word)\t\(tag)\n"
                }.joined() + "\n"
            }.joined())
        let questions = sentences.enumerated().map { index, sentence in
            let start = sentence.text.count - sentence.place.count
            return """
                {"context": "\(sentence.text)", "qas": [{"id": "q\(index)", \
                "question": "where is the \(sentence.animal)", \
                "answers": [{"text": "\(sentence.place)", "answer_start": \(start)}]}]}
                """
        }
        try scratch.write(
            "questions.json",
            "{\"data\": [{\"paragraphs\": [\(questions.joined(separator: ",\n"))]}]}")
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
