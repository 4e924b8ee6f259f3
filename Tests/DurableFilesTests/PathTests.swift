import DurableFiles
import FileNames
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

    @Test("pipes are written through, plain files are replaced")
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

    @Test("only a file that the system reports as missing is missing")
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

    @Test(
        "names that are no UTF-8, or equal only to Unicode, are made, listed, linked, moved and deleted"
    )
    func anyBytes() throws {
        try withTemporaryDirectory { directory in
            let names = [
                [0x65, 0xCC, 0x81], [0xC3, 0xA9], [0xC6, 0xFC, 0xCB, 0xDC], [0xE9],
                [0xEF, 0xBF, 0xBD],
                [0xF4, 0x8F, 0x9F, 0xA9], [0xFF, 0xFE],
            ].map { FileName.text(of: $0) }
            let folder = Paths.join(directory, FileName.text(of: [0xFF, 0x20]))
            let pending = try PendingDirectory(target: folder)
            for name in names {
                try WholeFiles.writeAtomically(Paths.join(pending.path, name), name)
            }
            struct Nothing: Codable, Sendable {}
            try pending.publish(formatVersion: 1, metadata: Nothing())
            let manifest = try Manifest<Nothing>.read(from: folder, supportedVersion: 1)
            try manifest.verify(folder)
            // In the order of their bytes.
            let listed = try Paths.names(in: folder).filter { $0 != ManifestFile.name }
            #expect(listed.map { FileName.bytes(of: $0) } == names.map { FileName.bytes(of: $0) })
            let link = Paths.join(directory, FileName.text(of: [0xFD]))
            withSystemPaths(folder, link) { _ = symlink($0, $1) }
            #expect(try Paths.linkTarget(of: link) == folder && Paths.resolved(link) == folder)
            var waiting = LockAttempt(link)
            let lock = try #require(try waiting.poll())
            try lock.requireHeld()
            let moved = Paths.join(directory, FileName.text(of: [0xFC]))
            try Paths.rename(folder, to: moved)
            let error = #expect(throws: FileError.self) {
                try WholeFiles.read(Paths.join(link, names[3]), maximumByteCount: 9)
            }
            #expect(
                error?.description.hasSuffix(
                    "/\\xFD/\\xE9: cannot open it: No such file or directory") == true)
            try Paths.remove(moved)
            try Paths.remove(link)
            #expect(try Paths.names(in: directory).isEmpty)
        }
    }
}
