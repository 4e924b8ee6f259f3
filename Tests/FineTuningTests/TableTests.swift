import FineTuning
import Testing

private func table(
    _ text: String, _ format: TaskTableFormat, _ columns: [String], header: [String]? = nil,
    limits: TaskFileLimits = TaskFileLimits()
) throws -> TaskTable {
    try TaskTable.parse(
        Array(text.utf8), path: "f", format: format, columns: columns, header: header,
        limits: limits)
}

private func texts(_ table: TaskTable) -> [[String?]] {
    table.rows.map { row in
        row.values.map { if case .text(let text) = $0 { text } else { nil } }
    }
}

@Suite struct TableTests {
    @Test func tabsAloneDivideTSV() throws {
        let text = "\u{FEFF}label\tsentence\tmore\r\n1\t\"a, b\tx\r\n\r\n0\t c \"d\"\t\n"
        let read = try table(text, .tsv, ["sentence", "label"])
        #expect(texts(read) == [["\"a, b", "1"], [" c \"d\"", "0"]])
        #expect(read.rows.map(\.line) == [2, 4])
    }

    @Test func namesCanBeGiven() throws {
        let read = try table("a\tb\nc\td", .tsv, ["y"], header: ["x", "y"])
        #expect(texts(read) == [["b"], ["d"]])
        #expect(read.rows.map(\.line) == [1, 2])
    }

    @Test func quotesDivideCSV() throws {
        let text = "a,b\r\n\"x, \"\"y\"\"\nz\",1\r\n,\n5\" disk,\"\"\n\n\"\",last"
        let read = try table(text, .csv, ["a", "b"])
        #expect(
            texts(read) == [
                ["x, \"y\"\nz", "1"], ["", ""], ["5\" disk", ""], ["", "last"],
            ])
        #expect(read.rows.map(\.line) == [2, 4, 5, 7])
    }

    /// A comma at the end of the file is followed by an empty field.
    @Test(arguments: ["a,b\n1,", "a,b\n1,\n", "a,b\r\n1,\"\"\r\n", "a,b\n1,\"\"\r"])
    func endsOfCSV(text: String) throws {
        #expect(texts(try table(text, .csv, ["b", "a"])) == [["", "1"]])
    }

    @Test func jsonLines() throws {
        let text = """
            {"a": "x\\u00e9\\ud83d\\ude00\\n", "b": 1.50, "c": ["p", 2], "d": {"e": []}}

            {"b": true, "a": null, "c": []}
            """
        let read = try table(text, .jsonLines, ["a", "b", "c"])
        #expect(read.rows[0].values == [.text("xé😀\n"), .text("1.50"), .list(["p", "2"])])
        #expect(read.rows[1].values == [nil, .text("true"), .list([])])
        #expect(read.rows.map(\.line) == [1, 3])
    }

    @Test(arguments: [
        ("", TaskTableFormat.tsv, "f: is empty"),
        ("b\n1", .tsv, "f:1: no column a; the columns are b"),
        ("a\tb\n1\t2\n3\n", .tsv, "f:3: 1 columns where the header has 2"),
        ("a\ta\n", .tsv, "f:1: two columns have the same name"),
        ("a,b\n\"x\n\n", .csv, "f:2: a quoted field begins here and does not end"),
        ("a,b\n\"x\"y,1\n", .csv, "f:2: text follows the closing quote"),
        ("a\n\u{0}\u{7}", .csv, ""),
        ("{\"a\": 1", .jsonLines, "f:1: not JSON: expected , or }, found the end"),
        ("{\"a\": 01}", .jsonLines, "f:1: not JSON: expected a value"),
        ("{\"a\": NaN}", .jsonLines, "f:1: not JSON: expected a value"),
        ("{\"a\": 1}\n[]", .jsonLines, "f:2: a line must be a JSON object, found a list of 0"),
        ("{\"b\": 1}", .jsonLines, "f:1: no member a; the members are b"),
        ("{\"a\": {}}", .jsonLines, "f:1: a must be text, a number, or a list"),
        ("{\"a\": 1, \"a\": 2}", .jsonLines, "f:1: not JSON: \"a\" comes twice"),
        ("{\"a\": \"\\x\"}", .jsonLines, "f:1: not JSON: \\x is no escape"),
        ("{\"a\": \"\u{1}\"}", .jsonLines, "f:1: not JSON: a control character"),
    ])
    func errorsNameTheLine(text: String, format: TaskTableFormat, expected: String) {
        let message = message { _ = try table(text, format, ["a"]) }
        #expect(message.hasPrefix(expected) && message.isEmpty == expected.isEmpty, "\(message)")
    }

    @Test func deepNestingIsRefused() {
        let text = "{\"a\": " + String(repeating: "[", count: 100_000)
        #expect(message { _ = try table(text, .jsonLines, ["a"]) }.contains("nested more than 64"))
    }

    @Test func badBytesAreRefused() {
        let bytes: [UInt8] = Array("a\nx\n".utf8) + [0xFF, 0xFE]
        let text = message {
            _ = try TaskTable.parse(bytes, path: "f", format: .tsv, columns: ["a"])
        }
        #expect(text.hasPrefix("f:3: not UTF-8"))
    }

    @Test func limitsHold() {
        var limits = TaskFileLimits()
        limits.textBytes = 10
        limits.records = 2
        limits.columns = 3
        for text in ["a\n12345678901\n", "a\n\"12345678901\"\n", "a\n1\n2\n3\n", "a,b,c,d\n"] {
            #expect(!message { _ = try table(text, .csv, ["a"], limits: limits) }.isEmpty)
        }
        #expect(!message { _ = try table("a\n12345678901", .tsv, ["a"], limits: limits) }.isEmpty)
        limits.values = 1
        for text in ["a\n1\n2\n", "a,b\n1,2\n"] {
            let columns = text.first == "a" && text.contains(",") ? ["a", "b"] : ["a"]
            #expect(!message { _ = try table(text, .csv, columns, limits: limits) }.isEmpty)
        }
        let values = message { _ = try table("{\"a\": 1}", .jsonLines, ["a"], limits: limits) }
        #expect(values == "f:1: more than 1 values")
        let words = message {
            _ = try TaggedFile.parse(
                Array("a O\nb O\n".utf8), path: "f", format: .conll(), limits: limits)
        }
        #expect(words == "f:2: more than 1 values; split the file")
        limits.fileBytes = 3
        let text = message {
            _ = try TaskTable.read(
                packageRoot + "/Package.swift", format: .tsv, columns: [], limits: limits)
        }
        #expect(text.contains("more than the 3 expected"))
    }

    @Test func missingFilesAreTold() throws {
        do {
            _ = try TaskTable.read("/nowhere/x.tsv", format: .tsv, columns: ["a"])
            Issue.record("read a file that is not there")
        } catch {
            #expect(error.exitCode == 66)
        }
    }

    /// Truncated and corrupted in every way, a file is read or rejected, and nothing worse.
    @Test func mangledInputIsRefusedOrRead() {
        let sources = [
            "a,b\r\n\"x, \"\"y\"\"\nz\",1\r\n5,6", "{\"a\": [1, \"\\ud83d\\ude00\"], \"b\": {}}\n",
        ]
        for (source, format) in zip(sources, [TaskTableFormat.csv, .jsonLines]) {
            let bytes = Array(source.utf8)
            for place in bytes.indices {
                for byte in [0x22, 0x0A, 0x2C, 0x7B, 0x5D, 0x5C, 0xC3, 0x00] as [UInt8] {
                    var mangled = bytes
                    mangled[place] = byte
                    for input in [mangled, Array(mangled[..<place]), Array(mangled[place...])] {
                        _ = try? TaskTable.parse(
                            input, path: "f", format: format, columns: ["a"])
                    }
                }
            }
        }
    }
}
