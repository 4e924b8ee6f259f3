import FineTuning
import Testing

private func parse(_ text: String) throws -> QuestionFile {
    try QuestionFile.parse(Array(text.utf8), path: "f")
}

@Suite struct QuestionFileTests {
    @Test func squad() throws {
        let file = try parse(
            """
            {"version": "v2.0", "data": [{"title": "t", "paragraphs": [
            {"context": "a 😀b c", "qas": [
              {"id": "1", "question": "q", "answers": [
                {"text": "b", "answer_start": 3}, {"text": "c", "answer_start": 9},
                {"text": "b", "answer_start": -1}, {"text": "c"}]},
              {"id": "2", "question": "r", "is_impossible": true, "answers": [],
               "plausible_answers": [{"text": "b", "answer_start": 3}]}]}]}]}
            """)
        #expect(file.contexts == ["a 😀b c"])
        #expect(file.questions.map(\.line) == [3, 6])
        #expect(file.questions[0].answers.map(\.start) == [3, 9, -1, nil])
        #expect(
            file.contradictions == [
                "1 question has an answer that is not at its answer_start, the first is 1 on line 3"
            ])
        #expect(file.questions[1].isImpossible && file.hasImpossibleQuestions)
    }

    @Test func questionsMayLackAnswers() throws {
        let text = """
            {"data": [{"paragraphs": [{"context": "a b", "qas": [
            {"id": "1", "question": "q", "answers": []},
            {"id": "2", "question": "q", "answers": [], "is_impossible": false},
            {"id": "3", "question": "q", "answers": [{"text": "a", "answer_start": 0}]}]}]}]}
            """
        func impossible(_ mayLackAnswers: Bool) throws -> [Bool] {
            try QuestionFile.parse(
                Array(text.utf8), path: "f", mayLackAnswers: mayLackAnswers
            ).questions.map(\.isImpossible)
        }
        #expect(try impossible(true) == [true, false, false])
        #expect(try impossible(false) == [false, false, false])
    }

    @Test func contradictionsAreCounted() throws {
        func file(_ questions: [String]) throws -> [String] {
            let list = questions.enumerated().map {
                "{\"id\": \"\($0)\", \"question\": \"q\", \($1)}"
            }
            return try parse(
                "{\"data\": [{\"paragraphs\": [{\"context\": \"a b\", \"qas\": ["
                    + list.joined(separator: ",\n") + "]}]}]}"
            ).contradictions
        }
        let right = "\"answers\": [{\"text\": \"b\", \"answer_start\": 2}]"
        let impossible = "\"is_impossible\": true, \"answers\": [{\"text\": \"\"}]"
        #expect(try file([right, impossible]).isEmpty)
        let places = ["0", "3", "-1", "\(Int.max)", "\(Int.min)"].map {
            "\"answers\": [{\"text\": \"b\", \"answer_start\": \($0)}]"
        }
        #expect(
            try file([right] + places) == [
                "5 questions have an answer that is not at its answer_start, the first is 1 on line 2"
            ])
        #expect(
            try file(["\"answers\": []", right, "\"is_impossible\": false"]) == [
                "2 questions have no answer and no is_impossible: true; nothing can be right there, "
                    + "the first is 0 on line 1"
            ])
    }

    @Test func cmrc() throws {
        let file = try parse(
            """
            [{"context_id": "T", "context_text": "光荣和ω", "title": "x", "qas":
              [{"query_text": "谁?", "query_id": "T_0", "answers": ["光荣", "ω"]}]}]
            """)
        #expect(file.questions[0].answers.map(\.text) == ["光荣", "ω"])
        #expect(file.questions[0].answers.map(\.start) == [nil, nil])
    }

    @Test(arguments: [
        ("{}", "f:1: the file has no \"data\""),
        ("{\"data\": 3}", "f:1: data of the file must be a list, found 3"),
        (
            "{\"data\": [{\"paragraphs\": [\n{\"qas\": []}]}]}",
            "f:2: a paragraph has no \"context\""
        ),
        (
            "{\"data\": [{\"paragraphs\": [{\"context\": \"\", \"qas\": [\n{\"id\": 7}]}]}]}",
            "f:2: id of a question must be text, found 7"
        ),
        (
            """
            [{"context_text": "", "qas": [{"query_id": "a", "query_text": "", "answers": []},
            {"query_id": "a", "query_text": "", "answers": []}]}]
            """, "f:2: two questions have the id a"
        ),
        (
            """
            {"data": [{"paragraphs": [{"context": "", "qas": [{"id": "i", "question": "",
            "answers": [{"text": "", "answer_start": 1.5}]}]}]}]}
            """, "f:2: answer_start of question i must be an integer, found 1.5"
        ),
        (
            """
            {"data": [{"paragraphs": [{"context": "b", "qas": [{"id": "i", "question": "", "answers":
            [{"text": "b", "answer_start": 0}], "is_impossible": true}]}]}]}
            """, "f:1: question i says is_impossible: true, but has the answer \"b\""
        ),
        ("{\"data\": []} x", "f:1: not JSON: text follows"),
    ])
    func errorsNameTheLine(text: String, expected: String) {
        let message = message { _ = try parse(text) }
        #expect(message.hasPrefix(expected), "\(message)")
    }
}
