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
                #expect(Paths.isSame(directory + "/a/b", directory + name), "\(name)")
            }
            for name in ["/a", "/f", "/missing"] {
                #expect(!Paths.isSame(directory + "/a/b", directory + name), "\(name)")
            }
            #expect(!Paths.isSame(directory + "/missing", directory + "/missing"))
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
}
