import ExitCoding
import FileNames
import Glibc
import TemporaryDirectories
import Testing

struct FileNameTests {
    /// Bytes that are mostly parts of UTF-8 sequences, including those of the escapes themselves.
    private func randomName(_ random: inout SystemRandomNumberGenerator) -> [UInt8] {
        let pieces: [[UInt8]] = [
            [0xF4, 0x8F, 0x9E, 0x80], [0xF4, 0x8F, 0x9F, 0xBF], [0xF4, 0x8F, 0x9F], [0xF4, 0x8F],
            [0xF4],
            [0xC3, 0xA9], [0xC3], [0xA9], [0xE6, 0x96, 0x87], [0xE6, 0x96], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xC0, 0xAF], [0xF0, 0x9F, 0xA6, 0x8A], [0xCC, 0x81], [0x2F],
            [0x61],
        ]
        return (0..<Int.random(in: 0...8, using: &random)).flatMap { _ in
            Bool.random(using: &random)
                ? pieces[Int.random(in: pieces.indices, using: &random)]
                : [UInt8.random(in: 1...255, using: &random)]
        }
    }

    @Test("all bytes come back, and different names are different texts")
    func roundTrip() {
        var random = SystemRandomNumberGenerator()
        var texts: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<100_000 {
            let name = randomName(&random)
            let text = FileName.text(of: name)
            #expect(FileName.bytes(of: text) == name)
            let other = texts.updateValue(name, forKey: Array(text.utf8))
            #expect(other == nil || other == name)
            let seen = withSystemPath(text) { path in
                Array(UnsafeRawBufferPointer(start: path, count: strlen(path) + 1))
            }
            #expect(seen == name + [0])
        }
    }

    @Test("text of valid UTF-8 is the name itself, also of what Unicode takes for equal")
    func validNames() {
        for name in [
            "", "plain.txt", "Größe.txt", "文件", "e\u{301}", "\u{E000}", "\u{10F77F}", "\u{10FFFF}",
        ] {
            #expect(FileName.text(of: name.utf8).utf8.elementsEqual(name.utf8))
            #expect(FileName.bytes(of: name) == Array(name.utf8))
            #expect(FileName.visible(name).utf8.elementsEqual(name.utf8))
        }
    }

    @Test("bytes that are no UTF-8 are private scalars, and shown as bytes")
    func escapes() {
        let latin = FileName.text(of: Array("caf".utf8) + [0xE9] + Array(".txt".utf8))
        #expect(latin == "caf\u{10F7E9}.txt")
        #expect(latin.printable == "caf\\xE9.txt" && FileName.visible(latin) == latin.printable)
        #expect("\u{E000}\n".printable == "\\u{E000}\\n")
        // Every byte of a name's own scalars in the escape range is escaped.
        let own = FileName.text(of: "\u{10F7E9}".utf8)
        #expect(own.unicodeScalars.count == 4 && own.printable == "\\xF4\\x8F\\x9F\\xA9")
        #expect(FileName.byte(of: "\u{10F780}") == 0x80 && FileName.byte(of: "\u{10F7FF}") == 0xFF)
        #expect(FileName.byte(of: "\u{10F77F}") == nil && FileName.byte(of: "\u{10F800}") == nil)
    }

    @Test("the error of a call stays, and two paths go together")
    func calls() throws {
        let scratch = TemporaryDirectory()
        let first = scratch.file(FileName.text(of: [0xFF, 0xFE, 0x20]))
        let second = scratch.file(FileName.text(of: [0xA4, 0xB3]))
        let failed = withSystemPath(first) { open($0, O_RDONLY) }
        #expect(failed == -1 && errno == ENOENT)
        let made = withSystemPath(first) { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) }
        try #require(made >= 0)
        close(made)
        #expect(withSystemPaths(first, second) { rename($0, $1) } == 0)
        #expect(withSystemPath(second) { access($0, R_OK) } == 0)
    }

    @Test("the arguments of this process")
    func arguments() {
        #expect(CommandLineArguments.all.count == Int(CommandLine.argc))
        #expect(CommandLineArguments.afterProgram == Array(CommandLine.arguments.dropFirst()))
    }
}
