import DurableFiles
import Glibc
import TemporaryDirectories
import Testing

@Suite struct ManifestTests {
    private func problem(_ damage: (String) throws -> Void) throws -> String {
        try withTemporaryDirectory { directory in
            let target = directory + "/x"
            try publishSample(target)
            try readSample(target).verify(target)
            try damage(target)
            let manifest = try readSample(target)
            let error = #expect(throws: FileError.self) { try manifest.verify(target) }
            let text = try #require(error).description
            #expect(text.hasPrefix(target))
            return String(text.dropFirst(target.count))
        }
    }

    @Test("a missing file")
    func missing() throws {
        let text = try problem { try Paths.remove($0 + "/sub/deep/b.bin") }
        #expect(text == "/sub/deep/b.bin: is missing, though the manifest lists it")
    }

    @Test("another size")
    func size() throws {
        let text = try problem { truncate($0 + "/sub/deep/b.bin", 255) }
        #expect(text == "/sub/deep/b.bin: has 255 bytes instead of the 256 of the manifest")
    }

    @Test("other bytes of the same size")
    func content() throws {
        let text = try problem { try WholeFiles.writeAtomically($0 + "/a.txt", "oNe") }
        #expect(text.hasPrefix("/a.txt: is damaged: its SHA-256 is "))
    }

    @Test("a file too many")
    func extra() throws {
        let text = try problem { try WholeFiles.writeAtomically($0 + "/sub/c", "x") }
        #expect(text == "/sub/c: is not in the manifest of its directory")
    }

    @Test("a symbolic link instead of a file or a directory is refused")
    func links() throws {
        try withTemporaryDirectory { directory in
            for part in ["a.txt", "sub"] {
                let target = "\(directory)/\(part)-test"
                try publishSample(target)
                rename("\(target)/\(part)", "\(directory)/moved")
                symlink("\(directory)/moved", "\(target)/\(part)")
                let manifest = try readSample(target)
                let error = #expect(throws: FileError.self) { try manifest.verify(target) }
                #expect(error?.description.contains("symbolic link") == true)
                try Paths.remove(directory + "/moved")
            }
        }
    }

    private func reject(_ json: String) throws -> String {
        try withTemporaryDirectory { directory in
            try WholeFiles.writeAtomically(directory + "/manifest.json", json)
            let error = #expect(throws: FileError.self) { _ = try readSample(directory) }
            #expect(error?.exitCode == 65)
            return error?.message ?? ""
        }
    }

    static let digest = String(repeating: "0", count: 64)

    @Test(
        "paths that lead out of the directory",
        arguments: [
            "../x", "/etc/passwd", "a/../../x", ".", "a//b", "", "a/", "./a",
            // A slash and a combining mark are one character.
            "../\u{301}x", "a/..//\u{301}x",
        ])
    func paths(path: String) throws {
        let text = try reject(
            """
            {"format_version": 1, "metadata": {"text": ""},
             "files": [{"path": "\(path)", "bytes": 1, "sha256": "\(Self.digest)"}]}
            """)
        #expect(text == "names \"\(path)\", which leads out of the directory")
    }

    @Test("manifests that are none")
    func malformed() throws {
        #expect(try reject("").hasPrefix("is no manifest"))
        #expect(try reject("{}").contains("\"format_version\" is missing"))
        #expect(try reject("[1]").hasPrefix("is no manifest"))
        #expect(
            try reject("{\"format_version\": 2}")
                == "has format version 2; this program reads up to 1")
        let entry = "{\"path\": \"a\", \"bytes\": 1, \"sha256\": \"\(Self.digest)\"}"
        let front = "{\"format_version\": 1, \"metadata\": {\"text\": \"\"}, \"files\": "
        #expect(try reject(front + "[\(entry), \(entry)]}") == "names a twice")
        let negative = entry.replacing("1", with: "-1")
        #expect(try reject(front + "[\(negative)]}").contains("malformed"))
        let huge = entry.replacing("1,", with: "\(Int.max),")
        let other = huge.replacing("\"a\"", with: "\"b\"")
        #expect(try reject(front + "[\(huge), \(other)]}").contains("malformed"))
        let short = entry.replacing(Self.digest, with: "0")
        #expect(try reject(front + "[\(short)]}").contains("malformed"))
        let deep = String(repeating: "[", count: 100_000)
        #expect(try reject(front + deep).hasPrefix("is no manifest"))
    }

    @Test("every truncation of a manifest is refused")
    func truncated() throws {
        try withTemporaryDirectory { directory in
            let target = directory + "/x"
            try publishSample(target)
            let path = target + "/manifest.json"
            let whole = try WholeFiles.read(path, maximumByteCount: 10_000)
            // The last byte is the newline.
            for length in 0..<(whole.count - 1) {
                try WholeFiles.writeAtomically(path, whole[..<length])
                #expect(throws: FileError.self) { _ = try readSample(target) }
            }
        }
    }

    @Test("no manifest")
    func none() throws {
        try withTemporaryDirectory { directory in
            let error = #expect(throws: FileError.self) { _ = try readSample(directory) }
            #expect(error?.exitCode == 66)
        }
    }
}
