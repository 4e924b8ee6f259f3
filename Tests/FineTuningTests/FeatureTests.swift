import BERT
import FineTuning
import Testing
import Tokenization

private struct Features: Decodable {
    struct Truncation: Decodable {
        let first: String
        let second: String?
        let length: Int
        let ids: [Int32]
        let segments: [UInt8]
    }
    struct Tagging: Decodable {
        let words: [String]
        let labels: [Int]
        let length: Int
        let ids, aligned: [Int32]
    }
    let vocabulary: [String]
    let truncation: [Truncation]
    let tagging: [Tagging]
}

@Suite struct FeatureTests {
    private let cases: Features
    private let tokenizer: WordPieceTokenizer

    init() throws {
        cases = try golden("features.json", as: Features.self)
        tokenizer = WordPieceTokenizer(
            vocabulary: try Vocabulary(lines: cases.vocabulary), lowercase: true)
    }

    @Test func textsAreCutAsByHuggingFace() {
        for one in cases.truncation {
            let encoder = InputEncoder(tokenizer, maximumLength: one.length)
            let input = encoder.encode(one.first, one.second)
            #expect(input.tokenIDs == one.ids, "\(one)")
            #expect(input.segmentIDs == one.segments, "\(one)")
        }
    }

    @Test func tagsStandOnFirstPieces() throws {
        let map = try #require(LabelMap(names: ["O", "B-X", "I-X"]))
        for one in cases.tagging {
            let tags = one.labels.map { map.names[$0] }
            let sentence = TaggedSentence(words: one.words, tags: tags, line: 1)
            let encoder = InputEncoder(tokenizer, maximumLength: one.length)
            let example = TaggingExample(sentence, map: map, encoder: encoder)
            #expect(example.input.tokenIDs == one.ids, "\(one)")
            #expect(example.labels == one.aligned, "\(one)")
            // Predicting every label correctly restores every tag, except for words without a
            // token.
            let predicted = example.labels.map { Int(max($0, 0)) }
            let read = example.predictedTags(predicted + [2, 2], map: map)
            #expect(read.count == tags.count)
            for (word, tag) in read.enumerated() {
                #expect(tag == (example.places[word] == nil ? "O" : tags[word]))
            }
            #expect(example.missingWords == example.places.count { $0 == nil })
        }
    }

    @Test func wordsCutOffAreScored() throws {
        let map = try #require(LabelMap(names: ["B-X", "O"]))
        let sentence = TaggedSentence(
            words: ["river", "flows", "\u{200D}", "city", "in"],
            tags: ["O", "B-Y", "B-X", "O", "B-X"], line: 1)
        let example = TaggingExample(
            sentence, map: map, encoder: InputEncoder(tokenizer, maximumLength: 5))
        #expect(example.places == [1, 2, nil, nil, nil])
        // B-Y was not trained on: excluded from the loss, wrong in every score.
        #expect(example.labels == [-100, 1, -100, -100, -100])
        #expect(
            example.predictedTags([0, 1, 0, 0, 0], map: map) == ["O", "B-X", "O", "O", "O"])
        #expect(example.missingWords == 3)
    }

    @Test func labelsAreSorted() {
        #expect(LabelMap(collecting: ["b", "a", "b", "B"]).names == ["B", "a", "b"])
        #expect(LabelMap(collecting: ["10", "9", "-1"]).names == ["-1", "9", "10"])
        #expect(LabelMap(collecting: ["10", "9", "x"]).names == ["10", "9", "x"])
        #expect(LabelMap(collecting: ["01", "1"]).names == ["01", "1"])
        #expect(LabelMap(names: ["a", "a"]) == nil)
        #expect(LabelMap(collecting: ["\u{e9}", "e\u{301}", "\u{e9}"]).count == 2)
    }

    @Test func tablesBecomeExamples() throws {
        let text = "a\tb\tlabel\nriver\tcity\t2\nin\tin\t10\n"
        let table = try TaskTable.parse(
            Array(text.utf8), path: "f", format: .tsv, columns: ["a", "b", "label"])
        let encoder = InputEncoder(tokenizer, maximumLength: 16)
        func examples(
            _ target: (TaskTable.Row) throws(TaskDataError) -> TaskTarget
        ) throws -> [SequenceExample] {
            try table.examples(first: 0, second: 1, encoder: encoder, target: target)
        }
        let map = try table.labels(column: 2)
        let classes = try examples { (row) throws(TaskDataError) in
            .category(try table.category(row, 2, map))
        }
        #expect(classes.map(\.target) == [.category(0), .category(1)])
        #expect(classes[0].input == encoder.encode("river", "city"))
        let scores = try examples { (row) throws(TaskDataError) in
            .score(try table.score(row, 2))
        }
        #expect(scores.map(\.target) == [.score(2), .score(10)])
        #expect(
            message {
                let other = LabelMap(collecting: ["2"])
                _ = try examples { (row) throws(TaskDataError) in
                    .category(try table.category(row, 2, other))
                }
            } == "f:3: label 10 is not one of those trained on (2)")
        #expect(
            message {
                _ = try examples { (row) throws(TaskDataError) in
                    .score(try table.score(row, 1))
                }
            } == "f:2: the label must be a decimal number from -1e18 to 1e18, found city")
    }

    @Test func severalLabels() throws {
        let text = "{\"t\": \"a\", \"l\": [\"y\", \"x\", \"y\"]}\n{\"t\": \"b\", \"l\": \"x, z\"}\n"
        let table = try TaskTable.parse(
            Array(text.utf8), path: "f", format: .jsonLines, columns: ["t", "l"])
        let map = try table.labels(column: 1, multiple: true)
        #expect(map.names == ["x", "y", "z"])
        let examples = try table.examples(
            first: 0, encoder: InputEncoder(tokenizer, maximumLength: 8)
        ) { (row) throws(TaskDataError) in .categories(try table.categories(row, 1, map)) }
        #expect(examples.map(\.target) == [.categories([0, 1]), .categories([0, 2])])
    }

    @Test func choices() throws {
        let text = """
            {"p": "the river", "c": ["flows", "john"], "l": 1}
            {"p": "in", "c": ["a"], "l": 0}
            """
        let table = try TaskTable.parse(
            Array(text.utf8), path: "f", format: .jsonLines, columns: ["p", "c", "l"])
        let encoder = InputEncoder(tokenizer, maximumLength: 16)
        #expect(
            message {
                _ = try table.choiceExamples(prompt: 0, choices: [1], label: 2, encoder: encoder)
            } == "f:2: 1 choices; there must be 2 to 1000")
        let columns = try TaskTable.parse(
            Array("p\ta\tb\tl\nthe river\tflows\tjohn\t1\n".utf8), path: "f", format: .tsv,
            columns: ["p", "a", "b", "l"])
        let examples = try columns.choiceExamples(
            prompt: 0, choices: [1, 2], label: 3, encoder: encoder)
        #expect(examples.map(\.label) == [1])
        #expect(
            examples[0].inputs
                == ["flows", "john"].map { encoder.encode("the river", $0) })
    }
}
