import BERT
import FineTuning
import Testing

/// Every file of task data next to the project can be read, with the counts in its list.
@Suite(.enabled(if: SharedData.isPresent)) struct SharedDataTests {
    @Test(arguments: [
        ("cls/mr_en.train.tsv", 7947, "label"), ("cls/mr_en.dev.tsv", 997, "label"),
        ("cls/subj_en.train.tsv", 8000, "label"), ("cls/subj_en.dev.tsv", 1000, "label"),
        ("pair/qnli_from_squad.train.tsv", 60000, "sentence2"),
        ("pair/qnli_from_squad.dev.tsv", 3000, "sentence2"),
        ("pair/snli_en_lower.train.tsv", 7365, "sentence2"),
        ("pair/snli_en_lower.dev.tsv", 985, "sentence2"),
        ("pair/snli_zh.train.tsv", 8381, "sentence2"), ("pair/snli_zh.dev.tsv", 932, "sentence2"),
        ("pair/pawsx_zh.dev.tsv", 1983, "sentence2"),
    ])
    func tables(member: String, count: Int, column: String) throws {
        let archive = String(member.prefix { $0 != "/" })
        let table = try TaskTable.parse(
            SharedData.file(member, of: archive), path: member, format: .tsv,
            columns: [column, "label"])
        #expect(table.rows.count == count)
        let labels = try table.labels(column: 1)
        #expect((2...3).contains(labels.count), "\(labels.names)")
    }

    @Test(arguments: ["ara", "cmn", "deu", "fra", "hin", "ita", "jpn", "por", "rus", "spa"])
    func translations(language: String) throws {
        let member = "xling/tatoeba.\(language)-eng.tsv"
        let table = try TaskTable.parse(
            SharedData.file(member, of: "xling"), path: member, format: .tsv, columns: ["b", "a"],
            header: ["a", "b"])
        #expect(table.rows.count > 500)
    }

    @Test(arguments: [
        "en_ewt.train", "en_ewt.dev", "zh_gsd.dev", "zh_gsdsimp.dev", "de_gsd.dev", "es_gsd.dev",
        "ja_gsd.dev",
    ])
    func treebanks(name: String) throws {
        let member = "pos/\(name).conllu"
        let sentences = try TaggedFile.parse(
            SharedData.file(member, of: "pos"), path: member, format: .conllu()
        ).sentences
        let tags = LabelMap(collecting: sentences.flatMap(\.tags))
        // Universal Dependencies has 17 parts of speech.
        #expect(sentences.count >= 499 && (15...17).contains(tags.count), "\(tags.names)")
    }

    @Test(arguments: [("ner/wnut17_en.train.tsv", 13), ("ner/wnut17_en.dev.tsv", 13)])
    func entities(member: String, tags: Int) throws {
        let sentences = try TaggedFile.parse(
            SharedData.file(member, of: "ner"), path: member, format: .conll()
        ).sentences
        #expect(sentences.count > 900)
        #expect(LabelMap(collecting: sentences.flatMap(\.tags)).count == tags)
    }

    @Test(arguments: [
        ("squad_en.train", 87599), ("squad_en.dev", 5305), ("squad2_en.dev", 0),
        ("zh_simplified.train", 2905), ("zh_simplified.dev", 392), ("zh_traditional.train", 3524),
        ("zh_traditional.dev", 1044), ("xquad/xquad.zh", 0), ("xquad/xquad.ar", 0),
        ("xquad/xquad.de", 0), ("xquad/xquad.el", 0), ("xquad/xquad.es", 0),
        ("xquad/xquad.hi", 0), ("xquad/xquad.ro", 0), ("xquad/xquad.ru", 0),
        ("xquad/xquad.th", 0), ("xquad/xquad.tr", 0), ("xquad/xquad.vi", 0),
    ])
    func questions(name: String, count: Int) throws {
        let member = "qa/\(name).json"
        let file = try QuestionFile.parse(SharedData.file(member, of: "qa"), path: member)
        #expect(count == 0 ? file.questions.count > 300 : file.questions.count == count)
        #expect(file.hasImpossibleQuestions == name.hasPrefix("squad2"))
    }

    /// transformers 4.57.6's fast tokenizers, with `truncation="longest_first"` at 32 tokens,
    /// produce the same number of tokens for all pairs, with the same sums of ids and segments.
    @Test(arguments: [
        ("qnli_from_squad.dev", "bert-base-uncased", true, [94370, 392_628_097, 53999]),
        ("snli_zh.dev", "bert-base-chinese", true, [27656, 78_586_546, 10988]),
        ("pawsx_zh.dev", "bert-base-multilingual-cased", false, [63358, 333_938_738, 30856]),
    ])
    func pairsAreThoseOfTransformers(
        name: String, vocabulary: String, lowercase: Bool, sums: [Int]
    ) throws {
        let member = "pair/\(name).tsv"
        let table = try TaskTable.parse(
            SharedData.file(member, of: "pair"), path: member, format: .tsv,
            columns: ["sentence1", "sentence2"])
        let encoder = InputEncoder(
            try SharedData.tokenizer(vocabulary, lowercase: lowercase), maximumLength: 32)
        let inputs = try table.examples(first: 0, second: 1, encoder: encoder) { _ in .none }
            .map(\.input)
        let ids = inputs.map { $0.tokenIDs.reduce(0) { $0 + Int($1) } }
        let segments = inputs.map { $0.segmentIDs.reduce(0) { $0 + Int($1) } }
        let counts = inputs.map(\.tokenIDs.count)
        #expect([counts, ids, segments].map { $0.reduce(0, +) } == sums)
    }
}
