import Corpus
import Testing

@Suite struct SentenceSplitterTests {
    private func sentences(_ line: String) -> [String] {
        var line = line
        return line.withUTF8 { bytes in
            var result: [String] = []
            SentenceSplitter.forEachSentence(in: bytes) { range in
                result.append(String(decoding: bytes[range], as: UTF8.self))
            }
            return result
        }
    }

    /// "|" marks the expected end of a sentence; an adjacent space belongs to neither.
    @Test(arguments: [
        "The otter swims.| It eats fish.| Why?| Because!",
        "Dr. Smith met Mrs. Jones.| They spoke.",
        "J. R. R. Tolkien wrote it.| He lived in Oxford.",
        "The U.S. Army came in 1944.| The war went on.",
        "He left the U.S.| The others stayed.",
        "It costs 3.50 dollars.| Pi is 3.14159.| Version 2.0.1 is out.",
        "See Fig. 3 and No. 7 on pp. 12.| Then go on.",
        "Did he say no.| The answer is open.",
        "Apples, pears, etc. are fruit.| Apples, etc.| The rest is not.",
        "\"Go away!\" he said.| \"I will not.\"| She stayed.",
        "“Come here.”| “No!”| ‘Yes.’| It was late.",
        "(This is a note.)| It ends here [really?].| Yes.",
        "Wait... what?| Well...| Perhaps… or not.| So…| Never.",
        "i.e. this, e.g. that.| Cf. the other, i.e. Mine.",
        "1. The first point.| 2. The second.",
        "In 1990. he was old.| In 1990.| The year after.",
        "Visit example.com or mail a.b@c.org today.| Thanks.",
        "It rose by 5 p.m. on Monday.| It fell.",
        "So did I.| Then we left.",
        "Élan is here.| Été comes. été does not.",
        "“Done?” asked Tom.| ¿Qué?| «Oui.»| Non.",
        "今天天气很好。|我们去公园！|你去吗？|好。",
        "他说：“我不去。”|我们走了。",
        "“你好！”，她说。|他笑了……|然后走了。",
        "圆周率是3.14159。|版本2.0发布了。",
        "真的吗?|我不信!|好吧。",
        "（他是这样说的。）|后来呢？！|没有了。",
        "「はい。」|そうです。|終わり",
        "한국어 문장입니다.| 다음 문장입니다.",
        "no end of sentence here",
        "...",
        "?| ! .",
        "a.b.c",
        "Привет.| Как дела? да.",
        "राम घर गया।| वह सो गया॥|कल आएगा।",
        "Er sagte „राम।“ und ging.",
        "Er rief „Komm!“ und ging.| „Nein!“| Sie kam.| ‚Wer?‘",
        "Er rief „Komm!“| Dann ging er.| „Ja.“| Sie las „A“ vor.“Ende.",
        "„Erster Satz.| Zweiter Satz!“| Dann kam er.",
        "He said “Go!” and left.| “No.”| ‘Yes?’| She went.",
        "هل جاء؟| نعم، جاء.| ذهب؟، قال",
        "یہ کتاب ہے۔| وہ قلم ہے۔",
        "Սա գիրք է։| Նա եկավ։",
        "ሰላም ነው።| እንዴት ነህ፧|ደህና።",
        "မြန်မာစာ။| ဒုတိယ။",
        "នេះជាសៀវភៅ។| គាត់មក។",
        "Really‼| Yes⁇ no.| Done⁉",
    ])
    func endsSentencesWhereReadersDo(text: String) {
        let expected = text.split(separator: "|").map {
            String($0.drop { $0 == " " })
        }
        #expect(sentences(text.replacing("|", with: "")) == expected)
    }

    /// The property Sentence_Terminal, from U+0589 to U+1DA88; each in a text without spaces.
    @Test(
        arguments: [
            0x589, 0x61D, 0x61F, 0x6D4, 0x702, 0x7F9, 0x83E, 0x964, 0x965, 0x104A, 0x104B, 0x1362,
            0x1368,
            0x166E, 0x1736, 0x17D4, 0x1803, 0x1809, 0x1945, 0x1B5A, 0x1C7F, 0xA4FF, 0xA60F, 0xA6F7,
            0xA8CF,
            0xA9C9, 0xAA5F, 0xABEB, 0xFE56, 0x10A57, 0x11047, 0x111C5, 0x11944, 0x16AF5, 0x1BC9F,
            0x1DA88,
        ] as [UInt32])
    func marksOfAllScriptsEndSentences(value: UInt32) throws {
        let mark = String(try #require(Unicode.Scalar(value)))
        #expect(
            sentences("ab\(mark)cd\(mark)\(mark)\"ef") == ["ab\(mark)", "cd\(mark)\(mark)\"", "ef"])
    }

    @Test func leavesOutWhiteSpaceAround() {
        #expect(sentences(" \t One.   Two. \u{3000}\r") == ["One.", "Two."])
        #expect(sentences("　全角。　空白。") == ["全角。", "空白。"])
        #expect(sentences("").isEmpty && sentences("  \t ").isEmpty)
    }

    @Test func losesNothing() {
        let alphabet = ["a", "B", ".", "!", "?", " ", "\"", ")", "(", "。", "…", "”", "1", "é", "，"]
        var state: UInt64 = 1
        for _ in 0..<20_000 {
            var line = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                line += alphabet[Int(state >> 33) % alphabet.count]
            }
            let joined = sentences(line).joined().filter { $0 != " " }
            #expect(joined == line.filter { $0 != " " }, "\(line)")
        }
    }
}
