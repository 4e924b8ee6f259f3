import Formats
import Pretraining
import TemporaryDirectories
import Testing

/// Files made to exhaust, confuse or crash the reader yield one plain message.
@Suite struct HostileYAMLTests {
    @Test(arguments: [
        (
            "a: [",
            "run.yaml:2: not YAML: did not find expected node content (while parsing a flow node, which began in line 2)"
        ),
        (
            "batch:\n\tglobal: 3",
            "run.yaml:2: not YAML: found character that cannot start any token "
                + "(while scanning for the next token, which began in line 2)"
        ),
        (
            "batch: {global: 3}\nbatch: {micro: 4}",
            "run.yaml:1: the key batch is given twice in the same place; keep one"
        ),
        (
            "batch:\n  global: 3\n  \"global\": 4",
            "run.yaml:2: the key global is given twice in the same place; keep one"
        ),
        (
            "a: 1\n---\nb: 2",
            "run.yaml:2: not YAML: but found another document "
                + "(expected a single document in the stream, which began in line 1)"
        ),
        ("run: {name: *nowhere}", "run.yaml:1: not YAML: found undefined alias"),
        (
            "run: {name: !!python/object x}",
            "run.yaml:1: tags (tag:yaml.org,2002:python/object) are not supported; leave it out"
        ),
        ("? [a]\n: b", "run.yaml:1: a key must be a name, found a list or a mapping"),
        (
            "batch: {<<: {global: 3}}",
            "run.yaml:1: merge keys (<<) are not supported; write the keys out"
        ),
        ("a: 1\rb: 2", "run.yaml: contains the line break \\r; use plain line feeds"),
        ("# a\u{2028}[[[[", "run.yaml: contains the line break \\u{2028}; use plain line feeds"),
    ])
    func malformed(text: String, message: String) {
        #expect(failure(of: text).split(separator: "\n").first.map(String.init) == message)
    }

    @Test func windowsLineEndsAndByteOrderMarksAreFine() throws {
        let read = try RunConfiguration.parse(
            "\u{FEFF}batch:\r\n  global: 32\r\n", name: "windows.yaml")
        #expect(read.batch.global == 32)
    }

    @Test func nulAndControlCharactersAreRefused() {
        #expect(failure(of: "a: \u{0}b").hasPrefix("run.yaml: not YAML: control characters"))
        #expect(failure(of: "a: \u{7}b").hasPrefix("run.yaml: not YAML: control characters"))
    }

    @Test func anchorsAreFineInSmallNumber() throws {
        let read = try RunConfiguration.parse(
            """
            batch: &batch {global: 32, micro: 8}
            phases: [{batch: *batch}, {batch: *batch}]
            """, name: "anchors.yaml")
        #expect(read.resolvedPhases.map(\.batch.global) == [32, 32])
    }

    @Test func aBombOfAliasesIsRefused() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...5 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 6).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(failure(of: text).contains("more than 20000 values after following aliases"))
        let wide = Array(repeating: "*a", count: 33).joined(separator: ", ")
        #expect(
            failure(of: "x: &a 1\ny: [\(wide)]")
                == "run.yaml:2: more than 32 aliases (*name)")
    }

    @Test func nestingIsBounded() {
        let flow = String(repeating: "[", count: 100_000)
        #expect(failure(of: flow) == "run.yaml:1: more than 2000 brackets")
        let block = String(repeating: "- ", count: 100_000)
        #expect(failure(of: block) == "run.yaml:1: nested too deeply (200000 columns)")
        let allowed = String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)
        #expect(failure(of: "batch: {global: \(allowed.dropFirst().dropLast())}") != "no error")
        let stairs = (0..<199).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(failure(of: stairs).contains("unknown key a"))
    }

    @Test func sizeIsBounded() {
        let text = String(repeating: "# nothing to see here\n", count: 20_000)
        #expect(
            failure(of: text) == "run.yaml: larger than 262144 bytes; is this a configuration?")
    }
}

/// Reading from disk.
@Suite struct ConfigurationFileTests {
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let directory = TemporaryDirectory()
        try body(directory.write("run.yaml", bytes))
    }

    private func failure(path: String) -> String {
        do throws(ConfigurationError) {
            _ = try RunConfiguration.load(path: path)
            return "no error"
        } catch {
            return error.description
        }
    }

    @Test func aFileIsReadAndNamedInErrors() throws {
        try withFile(Array("batch: {global: 40}".utf8)) { path in
            let read = try RunConfiguration.load(path: path)
            #expect(read.batch.global == 40)
        }
        try withFile(Array("\nbatch: {global: 0}".utf8)) { path in
            #expect(failure(path: path).hasPrefix("\(path):2: batch.global must be"))
        }
    }

    @Test func notUTF8NamesTheLine() throws {
        try withFile(Array("run:\n  name: caf".utf8) + [0xE9, 0x0A]) { path in
            #expect(failure(path: path) == "\(path):2: not UTF-8; save the file as UTF-8")
        }
    }

    @Test func largeFilesAreNotReadWhole() throws {
        try withFile([UInt8](repeating: 0x23, count: 1 << 20)) { path in
            #expect(
                failure(path: path)
                    == "\(path): larger than 262144 bytes; is this a configuration?")
        }
    }

    @Test func missingFilesAndFoldersSaySo() {
        #expect(
            failure(path: "/nonexistent/run.yaml")
                == "/nonexistent/run.yaml: cannot be read: No such file or directory; "
                + "check --config")
        #expect(
            failure(path: "/tmp") == "/tmp: cannot be read: Is a directory; check --config")
        #expect(failure(path: "a\u{0}b") == "a\\0b: the path has a NUL byte")
    }

    @Test func endlessFilesAreCut() {
        #expect(failure(path: "/dev/zero").hasPrefix("/dev/zero: larger than 262144 bytes"))
    }
}
