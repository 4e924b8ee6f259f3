import FineTuning
import Testing

private func parse(_ text: String, _ format: TaggedFormat) throws -> [TaggedSentence] {
    try TaggedSentence.parse(Array(text.utf8), path: "f", format: format)
}

@Suite struct TaggedSentenceTests {
    @Test func conll2003() throws {
        let text = """
            -DOCSTART- -X- -X- O

            EU NNP B-NP B-ORG
            rejects VBZ B-VP O

              \t
            # SYM O O
            """
        let read = try parse(text, .conll())
        #expect(
            read == [
                TaggedSentence(words: ["EU", "rejects"], tags: ["B-ORG", "O"], line: 3),
                TaggedSentence(words: ["#"], tags: ["O"], line: 7),
            ])
        #expect(try parse(text, .conll(word: 0, tag: 1))[0].tags == ["NNP", "VBZ"])
    }

    @Test func tabsKeepSpaces() throws {
        let read = try parse("New York\tB-LOC\r\n\r\n\r\n", .conll())
        #expect(read == [TaggedSentence(words: ["New York"], tags: ["B-LOC"], line: 1)])
    }

    @Test func conlluSkipsWhatIsNoWord() throws {
        let rest = "\t_\t_\t_\t_\t_"
        let text = """
            # text = vámonos
            # note =\ta tab in a comment
            1-2\tvámonos\t_\t_\t_\(rest)
            1\tvamos\tir\tVERB\tV\(rest)
            2\tnos\tnosotros\tPRON\tP\(rest)
            2.1\tx\tx\tX\tX\(rest)
            3\t#\t#\tSYM\tS\(rest)
            """
        let read = try parse(text, .conllu())
        #expect(read.map(\.words) == [["vamos", "nos", "#"]])
        #expect(read.map(\.tags) == [["VERB", "PRON", "SYM"]])
        #expect(try parse(text, .conllu(tag: 4))[0].tags == ["V", "P", "S"])
        #expect(read[0].line == 4)
    }

    @Test func documentsEndSentences() throws {
        let read = try parse("a O\n-DOCSTART- -X- O\nb O\n", .conll())
        #expect(read.map(\.words) == [["a"], ["b"]])
    }

    @Test(arguments: [
        ("a\tO\nb\n", TaggedFormat.conll(word: 0, tag: 1), "f:2: no column 1 for the tag"),
        ("a\tO\n\tO\n", .conll(), "f:2: the word is empty"),
        ("a\t\n", .conll(), "f:1: the tag is empty"),
        ("a O\n", .conll(word: 0, tag: -3), "f:1: no column -3 for the tag"),
        ("a b O\nc\n", .conll(), "f:2: a word without a tag: column -1 of this line is the word"),
        ("a O\n", .conll(word: 0, tag: 0), "f:1: a word without a tag: column 0"),
        ("1\ta\n", .conllu(), "f:1: CoNLL-U has 10 columns"),
        ("x\ta\tb\tc\td\te\tf\tg\th\ti\n", .conllu(), "f:1: \"x\" is no CoNLL-U word number"),
    ])
    func errorsNameTheLine(text: String, format: TaggedFormat, expected: String) {
        #expect(message { _ = try parse(text, format) }.hasPrefix(expected))
    }

    @Test func anEmptyFileHasNoSentences() throws {
        #expect(try parse("", .conll()).isEmpty)
        #expect(try parse("\n\n", .conllu()).isEmpty)
    }
}
