import Glibc
import TemporaryDirectories
import Testing
import Tokenization

@Suite struct TokenizeStreamTests {
    private static func tokenizer() throws -> WordPieceTokenizer {
        WordPieceTokenizer(vocabulary: try Vocabulary(utf8: golden("vocab.txt")), lowercase: true)
    }

    /// Runs a stream from a file to a file.
    private func run(
        _ text: [UInt8], _ format: TokenizeStream.Format, buffer: Int = 1 << 20,
        limit: Int = 1 << 26
    ) throws -> (output: [UInt8], summary: TokenizeStream.Summary) {
        let directory = TemporaryDirectory()
        let input = open(try directory.write("in", text), O_RDONLY)
        let outputPath = try directory.write("out", "")
        let output = open(outputPath, O_WRONLY)
        defer {
            close(input)
            close(output)
        }
        let stream = TokenizeStream(
            try Self.tokenizer(), format: format, bufferBytes: buffer, maximumStretchBytes: limit)
        let summary = try stream.run(input: input, inputName: "in", output: output)
        return (try readFile(outputPath), summary)
    }

    @Test func oneLineInOneLineOut() throws {
        let text = "The walk-ing.\n\n \t\r\nUnited\u{2028}Kingdom\r\n[MASK] zzz\0z"
        let (output, summary) = try run(Array(text.utf8), .tokens)
        #expect(
            String(decoding: output, as: UTF8.self)
                == "the walk - in ##g .\n\n\nun ##i ##t ##ed k ##ing ##d ##o ##m\n"
                + "[MASK] z ##z ##z ##z\n")
        #expect(summary.bytes == text.utf8.count && summary.lines == 5 && summary.tokens == 20)
        #expect(try run([], .ids).output.isEmpty)
        #expect(try run([0x0A], .ids).output == [0x0A])
    }

    @Test func idsAreThoseOfTheEncoder() throws {
        let tokenizer = try Self.tokenizer()
        var generator = SeededGenerator(state: 5)
        let lines = (0..<50).map { _ in
            randomText(&generator, words: Int.random(in: 0...40, using: &generator))
        }
        let text = Array(lines.joined(separator: [0x0A])) + [0x0A]
        var expected = ""
        for line in lines {
            var ids: [Int32] = []
            WordPieceEncoder(tokenizer).encode(line, into: &ids)
            expected += ids.map(String.init).joined(separator: " ") + "\n"
        }
        // Lines much longer than the buffer are cut at white space.
        for buffer in [1 << 20, 4096, 64, 7, 1] {
            let (output, summary) = try run(text, .ids, buffer: buffer)
            #expect(String(decoding: output, as: UTF8.self) == expected, "buffer \(buffer)")
            #expect(summary.lines == lines.count)
        }
    }

    @Test func aPipeIsReadToItsEnd() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        try #require(write(ends[1], "the of\nand", 10) == 10)
        close(ends[1])
        defer { close(ends[0]) }
        let directory = TemporaryDirectory()
        let path = try directory.write("out", "")
        let output = open(path, O_WRONLY)
        defer { close(output) }
        let stream = TokenizeStream(try Self.tokenizer(), format: .tokens)
        _ = try stream.run(input: ends[0], inputName: "pipe", output: output)
        #expect(try readFile(path) == Array("the of\nand\n".utf8))
    }

    @Test func stretchesWithoutSpaceHaveALimit() throws {
        let stretch = [UInt8](repeating: UInt8(ascii: "a"), count: 100)
        let text = Array("the\nof ".utf8) + stretch
        #expect(try run(text, .ids, buffer: 16, limit: 128).summary.tokens == 102)
        let error = #expect(throws: TextStreamError.self) {
            try run(text, .ids, buffer: 16, limit: 64)
        }
        #expect(error == .stretchTooLong(path: "in", line: 2, limit: 64))
    }

    @Test func whatIsNotTextIsAnErrorOnRequestAndAnswersBeforeItAreWritten() throws {
        let directory = TemporaryDirectory()
        let text = Array("the of\nand\nthe ".utf8) + [0xE9] + Array("t\0\n".utf8)
        let input = open(try directory.write("in", text), O_RDONLY)
        let path = try directory.write("out", "")
        let output = open(path, O_WRONLY)
        defer {
            close(input)
            close(output)
        }
        for buffer in [1 << 20, 8] {
            lseek(input, 0, SEEK_SET)
            ftruncate(output, 0)
            lseek(output, 0, SEEK_SET)
            let stream = TokenizeStream(
                try Self.tokenizer(), format: .tokens, requiresText: true, bufferBytes: buffer,
                maximumStretchBytes: 1 << 20)
            let error = #expect(throws: TextStreamError.self) {
                try stream.run(input: input, inputName: "in", output: output)
            }
            #expect(error?.description.hasPrefix("in, line 3, byte 15: the text is not") == true)
            #expect(error?.exitCode == 65)
            #expect(try readFile(path).starts(with: Array("the of\nand\n".utf8)))
        }
        #expect(try run(Array("the zzz \u{16A0}".utf8), .ids).summary.unknown == 1)
    }

    @Test func failuresOfTheSystemAreReported() throws {
        let stream = TokenizeStream(try Self.tokenizer(), format: .ids)
        let full = open("/dev/full", O_WRONLY)
        let directory = TemporaryDirectory()
        let input = open(try directory.write("in", "the of"), O_RDONLY)
        defer {
            close(full)
            close(input)
        }
        let write = #expect(throws: TextStreamError.self) {
            try stream.run(input: input, inputName: "in", output: full, outputName: "/dev/full")
        }
        #expect(write?.description == "/dev/full: cannot write: No space left on device")
        let read = #expect(throws: TextStreamError.self) {
            try stream.run(input: -1, inputName: "nowhere", output: full)
        }
        #expect(read?.description == "nowhere: cannot read: Bad file descriptor")
    }
}
