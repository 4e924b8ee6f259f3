import Corpus
import DurableFiles
import FoundationEssentials
import HDF5
import TemporaryDirectories
import Tokenization

/// Corpora of a few dozen documents, made once for all tests.
struct TinyCorpus: Sendable {
    private let scratch = TemporaryDirectory()

    static let shared = Result { try TinyCorpus() }

    /// The corpus directory.
    static func path() throws -> String { try shared.get().scratch.file("corpus") }

    /// A second one of other documents, built with the same vocabulary.
    static func otherPath() throws -> String { try shared.get().scratch.file("other") }

    /// Its text.
    static func text() throws -> String { try shared.get().scratch.file("text.txt") }

    /// Its vocabulary, and so the number of its entries.
    static func vocabulary() throws -> Vocabulary {
        try CorpusDirectory(path: path()).vocabulary
    }

    private init() throws {
        let text = try scratch.write("text.txt", Self.documents.joined(separator: "\n\n") + "\n")
        var options = WordPieceTrainer.Options(size: 200)
        options.unusedTokens = 4
        let vocabulary = try WordPieceTrainer(options).train(files: [text], workers: 1).vocabulary
        var building = CorpusBuilder.Options()
        building.heldoutShare = 0.2
        // Several shards, so that one of them can be missing.
        building.shardTokens = 500
        let builder = try CorpusBuilder(vocabulary: vocabulary, options: building)
        try builder.build([text], output: scratch.file("corpus"))
        let other = try scratch.write(
            "other.txt", Self.documents.prefix(25).map { "And so on.\n\($0)\n\n" }.joined())
        try builder.build([other], output: scratch.file("other"))
    }

    /// Short documents with words of their own, so that pairs of sentences are meaningful.
    private static let documents: [String] = (0..<40).map { number in
        let animal = ["fox", "heron", "otter", "badger", "hare", "owl", "toad", "wren"][number % 8]
        let place = ["river", "meadow", "hill", "forest", "garden"][number % 5]
        let sentences = [
            "The \(animal) lives near the \(place).",
            "Every morning it walks along the \(place) and looks for food.",
            "Nobody knows why the \(animal) never sleeps before \(number % 12 + 1) o'clock.",
            "In winter the \(place) is white, and the \(animal) stays at home.",
            "When spring comes, \(number + 2) young ones play in the \(place).",
            "Some say that a \(animal) remembers every path it ever took.",
            "Rain falls on the \(place) for days.",
        ]
        let count = 3 + number % 5
        return (0..<count).map { sentences[($0 * 3 + number) % sentences.count] }
            .joined(separator: "\n")
    }
}

/// A file in NVIDIA's layout.
struct NvidiaRows {
    var ids: [[Int32]]

    /// `rows` rows of `length` tokens, each with one prediction.
    init(rows: Int, length: Int, vocabularySize: Int) {
        ids = (0..<rows).map { row in
            (0..<length).map { column in
                Int32(5 + (row * 31 + column * 7) % (vocabularySize - 5))
            }
        }
    }

    func write(_ path: String) throws {
        let (rows, length) = (ids.count, ids[0].count)
        try File.create(path) { file in
            try file.writeDataset("input_ids", shape: [rows, length], ids.flatMap { $0 })
            try file.writeDataset(
                "input_mask", shape: [rows, length], [Int8](repeating: 1, count: rows * length))
            try file.writeDataset(
                "segment_ids", shape: [rows, length],
                (0..<rows * length).map { Int8($0 % length > length / 2 ? 1 : 0) })
            try file.writeDataset(
                "masked_lm_positions", shape: [rows, 2], (0..<rows).flatMap { _ in [Int32(2), 0] })
            try file.writeDataset("masked_lm_ids", shape: [rows, 2], ids.flatMap { [$0[2], 0] })
            try file.writeDataset(
                "next_sentence_labels", shape: [rows], (0..<rows).map { Int8($0 % 2) })
        }
    }
}
