import DurableFiles
import Glibc
import TemporaryDirectories
import Testing

@Suite struct PathTests {
    @Test("one file by many names")
    func same() throws {
        try withTemporaryDirectory { directory in
            try Paths.createDirectory(directory + "/a/b")
            try WholeFiles.writeAtomically(directory + "/f", "x")
            symlink("a", directory + "/link")
            for name in ["/a/b", "/a/./b/", "/a/b/../b", "/link/b"] {
                #expect(try Paths.isSame(directory + "/a/b", directory + name), "\(name)")
            }
            for name in ["/a", "/f", "/missing"] {
                #expect(try !Paths.isSame(directory + "/a/b", directory + name), "\(name)")
            }
            #expect(try !Paths.isSame(directory + "/missing", directory + "/missing"))
        }
    }

    @Test("no directory to write into is no missing input")
    func writing() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/no/x"
            let writing = #expect(throws: FileError.self) {
                try WholeFiles.writeAtomically(path, "x")
            }
            #expect(writing?.exitCode == 74)
            let asked = #expect(throws: FileError.self) { try WholeFiles.requireWritable(path) }
            #expect(asked?.exitCode == 74 && asked?.path == path)
            let reading = #expect(throws: FileError.self) {
                try WholeFiles.read(path, maximumByteCount: 10)
            }
            #expect(reading?.exitCode == 66)
            #expect(throws: FileError.self) { try WholeFiles.requireWritable(directory) }
            try WholeFiles.requireWritable(directory + "/x")
            #expect(try Paths.names(in: directory).isEmpty)
        }
    }

    @Test("what a file is written through and what is replaced")
    func destinations() throws {
        try withTemporaryDirectory { directory in
            let real = directory + "/real"
            symlink("real", directory + "/link")
            symlink("link", directory + "/link2")
            symlink("circle", directory + "/circle")
            mkfifo(directory + "/pipe", 0o600)
            #expect(try Destination(real) == .file(real))
            #expect(try Destination(directory + "/link2") == .file(real))
            #expect(try Destination(directory + "/pipe") == .stream(directory + "/pipe"))
            #expect(try Destination("/dev/null") == .stream("/dev/null"))
            #expect(throws: FileError.self) { try Destination(directory + "/circle") }
            for text in ["one", "two"] {
                try WholeFiles.writeAtomically(directory + "/link2", text)
                #expect(
                    try WholeFiles.read(real, maximumByteCount: 10) == Array(text.utf8))
                #expect(try Paths.kind(of: directory + "/link") == .symbolicLink)
            }
            try WholeFiles.writeAtomically("/dev/null", "gone")
            #expect(try Paths.kind(of: "/dev/null") == .other)
            #expect(try WholeFiles.isReplaceable(directory + "/link"))
            #expect(try !WholeFiles.isReplaceable(directory + "/pipe"))
        }
    }

    @Test("only what the system says is not there is missing")
    func absence() throws {
        try withTemporaryDirectory { directory in
            try WholeFiles.writeAtomically(directory + "/file", "x")
            for path in [directory + "/none", directory + "/file/below"] {
                #expect(try Paths.kind(of: path) == .missing)
                #expect(try !Paths.exists(path))
            }
            let long = directory + "/" + String(repeating: "x", count: 300)
            let error = #expect(throws: FileError.self) { try Paths.exists(long) }
            #expect(error?.exitCode == 74)
        }
    }

    @Test("paths are cut at bytes, not at characters")
    func combiningMarks() {
        // A slash and a mark behind it are one character.
        let path = "a/\u{301}b/\u{300}/"
        #expect(Paths.name(of: path).utf8.elementsEqual("\u{300}".utf8))
        #expect(Paths.parent(of: path).utf8.elementsEqual("a/\u{301}b".utf8))
        #expect(
            Paths.components(of: "a//\u{301}b").map { Array($0.utf8) } == [
                [0x61], [], [0xCC, 0x81, 0x62],
            ])
        #expect(Paths.join("a/", "\u{301}").utf8.elementsEqual("a/\u{301}".utf8))
        #expect(Paths.isAbsolute("/\u{301}") && !Paths.isAbsolute("a/b"))
        for (path, parent, name) in [
            ("/", "/", ""), ("//", "/", ""), ("/a", "/", "a"), ("a", ".", "a"),
            ("a//b//", "a", "b"),
            ("", ".", ""),
        ] {
            #expect(Paths.parent(of: path) == parent, "\(path)")
            #expect(Paths.name(of: path) == name, "\(path)")
        }
    }
}
