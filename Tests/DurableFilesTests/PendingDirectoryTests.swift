import DurableFiles
import Glibc
import TemporaryDirectories
import Testing

@Suite struct PendingDirectoryTests {
    @Test("published whole, with the owner's fields, and the same bytes each time")
    func publishes() throws {
        try withTemporaryDirectory { directory in
            try publishSample(directory + "/runs/x")
            try publishSample(directory + "/y")
            let manifest = try readSample(directory + "/runs/x")
            #expect(manifest.metadata == Note(text: "one"))
            #expect(manifest.files.map(\.path) == ["a.txt", "empty", "sub/deep/b.bin"])
            #expect(manifest.files.map(\.bytes) == [3, 0, 256])
            #expect(try Paths.names(in: directory) == ["runs", "y"])
            let json = try ["/runs/x", "/y"].map {
                try WholeFiles.read(directory + $0 + "/manifest.json", maximumByteCount: 10_000)
            }
            #expect(json[0] == json[1])
        }
    }

    @Test("an existing target stays unless it is to be replaced")
    func replaces() throws {
        try withTemporaryDirectory { directory in
            let target = directory + "/x"
            try publishSample(target)
            let error = #expect(throws: FileError.self) { try publishSample(target, text: "two") }
            #expect(error?.exitCode == 73)
            #expect(error?.message.hasPrefix("exists already and is not replaced") == true)
            #expect(try readSample(target).metadata.text == "one")
            try publishSample(target, text: "two", replacing: true)
            #expect(try readSample(target).metadata.text == "two")
            try readSample(target).verify(target)
            #expect(try Paths.names(in: directory) == ["x"])
        }
    }

    @Test("a target that appears meanwhile is not overwritten")
    func race() throws {
        try withTemporaryDirectory { directory in
            let target = directory + "/x"
            let error = #expect(throws: FileError.self) {
                let pending = try PendingDirectory(target: target)
                try Paths.createDirectory(target + "/taken")
                try pending.publish(formatVersion: 1, metadata: Note(text: "late"))
            }
            #expect(error?.exitCode == 73)
            #expect(error?.description.contains("exists already") == true)
            let names = try Paths.names(in: directory)
            #expect(names == ["x"])
        }
    }

    @Test("an empty directory is as good as none")
    func empty() throws {
        try withTemporaryDirectory { directory in
            try Paths.createDirectory(directory + "/x")
            try publishSample(directory + "/x")
            #expect(try readSample(directory + "/x").metadata.text == "one")
            let error = #expect(throws: FileError.self) { try publishSample(directory + "/x") }
            #expect(error?.exitCode == 73)
        }
    }

    @Test("unpublished ones leave nothing")
    func discards() throws {
        try withTemporaryDirectory { directory in
            do {
                let pending = try PendingDirectory(target: directory + "/x")
                try WholeFiles.writeAtomically(pending.path + "/a", "a")
                #expect(try Paths.names(in: directory).count == 1)
            }
            #expect(try Paths.names(in: directory).isEmpty)
        }
    }

    @Test("leftovers of killed writers are deleted, files of live ones are not")
    func stale() throws {
        try withTemporaryDirectory { directory in
            let mine = try PendingDirectory(target: directory + "/with-dash.x")
            let alive = mine.abandon()
            let name = Paths.name(of: alive)
            #expect(name.hasPrefix(".with-dash.x.pending-"))
            // The same name, of a process that cannot exist.
            let dead = name.replacing("-\(getpid())-", with: "-4194305-")
            try Paths.createDirectory("\(directory)/\(dead)/sub")
            try WholeFiles.writeAtomically("\(directory)/\(dead)/sub/file", "x")
            let foreign = ".y.pending-otherhost-1-abc"
            try Paths.createDirectory("\(directory)/\(foreign)")
            for other in [".hidden", "x.pending-a-1-b", ".x.pending-a-b-c", ".x.pending-a-1"] {
                try Paths.createDirectory("\(directory)/\(other)")
            }
            #expect(try PendingDirectory.removeStale(in: directory) == [dead])
            #expect(
                try PendingDirectory.removeStale(
                    in: directory, .deadWriters(otherHostsAfterSeconds: -1)) == [foreign])
            #expect(try PendingDirectory.removeStale(in: directory, .all) == [name])
            #expect(try Paths.names(in: directory).count == 4)
            #expect(try PendingDirectory.removeStale(in: directory + "/none").isEmpty)
        }
    }

    @Test("a replacement cut between its two renames is undone")
    func interruptedReplacement() throws {
        try withTemporaryDirectory { directory in
            let target = directory + "/x"
            try publishSample(target)
            let aside = "\(directory)/.x.replaced-\(hostName())-4194305-abc"
            rename(target, aside)
            try PendingDirectory.removeStale(in: directory)
            #expect(try readSample(target).metadata.text == "one")
            rename(target, aside)
            try publishSample(target, text: "two", replacing: true)
            try PendingDirectory.removeStale(in: directory)
            #expect(try readSample(target).metadata.text == "two")
            #expect(try Paths.names(in: directory) == ["x"])
        }
    }

    @Test("leftovers of a replaced directory are never moved back")
    func interruptedDeletion() throws {
        try withTemporaryDirectory { directory in
            // Nested so deeply that its files cannot be named or deleted, once it has a longer
            // name.
            let target = directory + "/x"
            var deep = target
            while deep.utf8.count < 4000 { deep += "/" + String(repeating: "d", count: 30) }
            deep += "/" + String(repeating: "d", count: 4090 - deep.utf8.count)
            try Paths.createDirectory(deep)
            try WholeFiles.writeAtomically(target + "/whole", "")
            let next = directory + "/next"
            try publishSample(next)
            #expect(throws: FileError.self) { try PendingDirectory.replace(target, with: next) }
            #expect(try readSample(target).metadata.text == "one")
            let left = try Paths.names(in: directory).filter { $0.hasPrefix(".x") }
            #expect(left.count == 1 && left.allSatisfy { $0.hasPrefix(".x.pending-") }, "\(left)")
            rename(Paths.join(directory, left[0]), directory + "/x2")
        }
    }

    private func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        let bytes = name.map(UInt8.init(bitPattern:)).prefix { $0 != 0 }
        return String(decoding: bytes, as: UTF8.self).replacing("-", with: "_")
    }

    @Test("free space is asked for before writing")
    func space() throws {
        try withTemporaryDirectory { directory in
            let error = #expect(throws: FileError.self) {
                _ = try PendingDirectory(target: directory + "/x", neededBytes: 1 << 60)
            }
            #expect(error?.exitCode == 74)
            #expect(error?.message.contains("1152.9 PB are needed, ") == true)
            #expect(error?.message.contains(" are free") == true)
        }
    }

    @Test("a full disk: a small tmpfs, which only root can mount", .enabled(if: geteuid() == 0))
    func fullDisk() throws {
        try withTemporaryDirectory { directory in
            guard mount("tmpfs", directory, "tmpfs", 0, "size=256k") == 0 else {
                print("SKIPPED: no tmpfs can be mounted here, a full disk is not tested")
                return
            }
            defer { umount2(directory, Int32(MNT_DETACH)) }
            try publishSample(directory + "/x")
            let error = #expect(throws: FileError.self) {
                let pending = try PendingDirectory(target: directory + "/y")
                let bytes = [UInt8](repeating: 1, count: 1 << 20)
                try WholeFiles.writeAtomically(pending.path + "/a", bytes)
            }
            #expect(error?.exitCode == 74)
            #expect(error?.message.contains("No space left on device") == true)
            #expect(error?.message.contains("bytes are free there") == true)
            #expect(try Paths.names(in: directory) == ["x"])
            try readSample(directory + "/x").verify(directory + "/x")
        }
    }

    @Test("sizes in words")
    func words() {
        #expect(FreeSpace.text(0) == "0 bytes")
        #expect(FreeSpace.text(9_999) == "9999 bytes")
        #expect(FreeSpace.text(12_345) == "12.3 kB")
        #expect(FreeSpace.text(1_320_000_000) == "1.3 GB")
        #expect(FreeSpace.text(999_960) == "999.9 kB")
        #expect(FreeSpace.text(.max).hasSuffix(" PB"))
    }

    @Test("paths taken apart")
    func paths() {
        for (path, parent, name) in [
            ("/a/b", "/a", "b"), ("a", ".", "a"), ("/a", "/", "a"), ("a/b//", "a", "b"),
            ("a//b", "a", "b"), ("/", "/", ""),
        ] {
            #expect(Paths.parent(of: path) == parent)
            if path != "/" { #expect(Paths.name(of: path) == name) }
        }
    }
}
