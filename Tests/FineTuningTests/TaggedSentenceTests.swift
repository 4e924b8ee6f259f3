import FineTuning
import Testing

private func parse(_ text: String, _ format: TaggedFormat) throws -> [TaggedSentence] {
    try TaggedFile.parse(Array(text.utf8), path: "f", format: format).sentences
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
        // The number sign is a word: its line has the columns of the others.
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
        let read = try parse("a O\n  -DOCSTART- -X- O\nb O\n", .conll())
        #expect(read.map(\.words) == [["a"], ["b"]])
    }

    @Test(arguments: [
        ("a\tO\nb\n", TaggedFormat.conll(word: 0, tag: 1), "f:2: 1 column divided by tabs"),
        ("a O\n", .conll(word: 0, tag: 2), "f:1: no column 2 for the tag"),
        ("a\tO\n\tO\n", .conll(), "f:2: the word is empty"),
        ("a\t\n", .conll(), "f:1: the tag is empty"),
        ("a O\n", .conll(word: 0, tag: -3), "f:1: no column -3 for the tag"),
        ("a b O\nc\n", .conll(), "f:2: 1 column divided by spaces, where line 1 has 3"),
        ("a\n", .conll(), "f:1: a word without a tag: column -1 of this line is the word"),
        ("a O\nb\tO\n", .conll(), "f:2: a tab, where line 1 divides its columns by spaces"),
        ("a\tO\nb O\n", .conll(), "f:2: 1 column divided by tabs, where line 1 has 2"),
        ("a\tO\nNew York\tX\tB\n", .conll(), "f:2: 3 columns divided by tabs"),
        ("a O\nb x O\n", .conll(), "f:2: 3 columns divided by spaces"),
        ("a\tO\n#tag\n", .conll(), "f:2: 1 column divided by tabs"),
        ("a\t \n", .conll(), "f:1: the tag is empty"),
        ("a O\n", .conll(word: 0, tag: 0), "f:1: a word without a tag: column 0"),
        ("1\ta\n", .conllu(), "f:1: CoNLL-U has 10 columns"),
        ("x\ta\tb\tc\td\te\tf\tg\th\ti\n", .conllu(), "f:1: \"x\" is no CoNLL-U word number"),
    ])
    func errorsNameTheLine(text: String, format: TaggedFormat, expected: String) {
        #expect(message { _ = try parse(text, format) }.hasPrefix(expected))
    }

    /// Lines that begin with a number sign in files laid out like CoNLL-2003's.
    @Test(arguments: [
        // MultiCoNER: a comment before each sentence, whose tab does not separate columns.
        (
            "# id 6b0e-1\tdomain=en\nthe _ _ O\ncat _ _ B\n\n# id 2\tdomain=en\n# _ _ O\n",
            "the cat|#"
        ),
        ("# id 6b0e-1 domain=en\nthe _ _ O\n", "the"),
        // GermEval 2014: the address of the source, and numbered words.
        ("#\thttp://de.wikipedia.org [2009]\n1\tAuf\tO\tO\n2\t#\tO\tO\n", "Auf #"),
        // JNLPBA, CoNLL-2012 and CoNLL-U's comments in files of other columns.
        ("###MEDLINE:95369245\n\nIL-2\tB\nof\tO\n", "IL-2 of"),
        ("#begin document (x); part 0\na O\n\n#end document\n", "a"),
        ("# text = Hello\nHello _ _ O\n", "Hello"), ("# newdoc\n\na O\n\n# x y z\nb O\n", "a|b"),
        // Words.
        ("#hash\tO\n#\tO\n", "#hash #"), ("# O\n", "#"), ("a O\n# O\n", "a #"),
        // A comment within a sentence.
        ("a\tO\n# a comment\nb\tO\n", "a b"),
    ])
    func commentsAreNoWords(text: String, expected: String) throws {
        let format = text.contains("1\tAuf") ? TaggedFormat.conll(word: 1, tag: 2) : .conll()
        let read = try parse(text, format)
        #expect(read.map { $0.words.joined(separator: " ") }.joined(separator: "|") == expected)
    }

    @Test func whatIsSkippedOrDoubtfulIsTold() throws {
        func notes(_ text: String) throws -> [String] {
            try TaggedFile.parse(Array(text.utf8), path: "f", format: .conll()).notes
        }
        #expect(try notes("a O\n\n# O\n").isEmpty)
        #expect(
            try notes("# a b c\na O\n\n# d\te\nb O\n") == [
                "f: 2 lines that begin with # are skipped as comments, the first is line 1"
            ])
        #expect(
            try notes("a O\n\n# doc1\nb O\n") == [
                "f: line 3 is taken for the word # with the tag doc1, which no other word has; if it "
                    + "is a comment, remove it"
            ])
        #expect(
            try notes("a\tO\nb\tO \nc\t\u{a0}O\n") == [
                "f: 2 tags have white space at the ends, which does not count, the first on line 2"
            ])
    }

    /// Only white space, as Python defines it, ends a sentence; at the ends of a tag it is ignored.
    @Test func whiteSpace() throws {
        let read = try parse("a\tO \n\u{a0}\u{3000}\nb\tO\u{a0}\n", .conll())
        #expect(read.map(\.words) == [["a"], ["b"]])
        #expect(read.flatMap(\.tags) == ["O", "O"])
    }

    @Test func anEmptyFileHasNoSentences() throws {
        #expect(try parse("", .conll()).isEmpty)
        #expect(try parse("\n\n", .conllu()).isEmpty)
    }
}
