import Glibc
import HDF5
import TemporaryDirectories
import Testing

@Suite struct FailureTests {
    @Test("a missing file, a file of another kind")
    func notHDF5() throws {
        let missing = #expect(throws: HDF5Error.self) { _ = try File.open("/nowhere/x.h5") }
        #expect(missing?.exitCode == 66)
        #expect(missing?.description.contains("/nowhere/x.h5") == true)
        try withTemporaryDirectory { directory in
            let path = directory + "/x.h5"
            for content in [[], Array("text".utf8), [UInt8](repeating: 0, count: 4096)] {
                write(content, to: path)
                let error = #expect(throws: HDF5Error.self) { _ = try File.open(path) }
                #expect(error?.exitCode == 65)
                #expect(error?.function == "H5Fopen")
                #expect(error?.stack.isEmpty == false)
            }
        }
    }

    @Test("an existing file is kept unless told otherwise")
    func exclusive() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.h5"
            try File.create(path).close()
            let error = #expect(throws: HDF5Error.self) { _ = try File.create(path) }
            #expect(error?.exitCode == 74)
            try File.create(path, overwrite: true).close()
        }
    }

    @Test("wrong names, types and sizes say what and where")
    func wrongUse() throws {
        try withTemporaryDirectory { directory in
            let file = try File.create(directory + "/x.h5")
            try file.writeDataset("x", shape: [2, 3], ([1, 2, 3, 4, 5, 6] as [Float]))
            try file.writeText("t", "text")
            let missing = #expect(throws: HDF5Error.self) { _ = try file.dataset("a/b") }
            #expect(missing?.description.contains("/x.h5: no object a/b (there is no a)") == true)
            #expect(throws: HDF5Error.self) { _ = try file.group("x") }
            #expect(throws: HDF5Error.self) {
                _ = try file.dataset("t").read(as: Float.self, maximumCount: 100)
            }
            #expect(throws: HDF5Error.self) { _ = try file.readText("x", maximumByteCount: 100) }
            #expect(throws: HDF5Error.self) { _ = try file.textAttribute("none") }
            let dataset = try file.dataset("x")
            var buffer = [Float](repeating: 0, count: 4)
            for rows in [1..<3, 0..<1, -1..<0, 5..<5] {
                var span = buffer.mutableSpan
                let error = #expect(throws: HDF5Error.self) {
                    try dataset.read(rows: rows, into: &span)
                }
                #expect(error?.description.contains("/x.h5:/x: ") == true)
            }
        }
    }

    @Test("every truncation is an error or gives the old values, never a crash")
    func truncation() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.h5"
            let values = (0..<500).map { Int32($0) }
            let file = try File.create(path)
            try file.writeDataset(
                "x", shape: [500], layout: .chunked([50], gzip: 1, fletcher32: true), values)
            try file.close()
            let whole = bytes(of: path)
            for length in stride(from: 0, to: whole.count, by: 37) {
                write(Array(whole[..<length]), to: path)
                #expect(throws: HDF5Error.self) { _ = try File.open(path) }
            }
        }
    }

    @Test("a flipped bit in a chunk with a checksum is seen")
    func checksum() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.h5"
            let file = try File.create(path)
            try file.writeDataset(
                "x", shape: [64], layout: .chunked([64], fletcher32: true),
                [UInt8](repeating: 0xa5, count: 64))
            try file.close()
            var content = bytes(of: path)
            let start = try #require(
                content.indices.first { content[$0...].prefix(64).allSatisfy { $0 == 0xa5 } })
            content[start + 10] ^= 4
            write(content, to: path)
            let damaged = try File.open(path)
            let error = #expect(throws: HDF5Error.self) {
                _ = try damaged.dataset("x").read(as: UInt8.self, maximumCount: 64)
            }
            #expect(error?.exitCode == 65)
        }
    }

    @Test("a full disk is an error of write or close", .enabled(if: access("/dev/full", W_OK) == 0))
    func fullDisk() throws {
        let error = #expect(throws: HDF5Error.self) {
            let file = try File.create("/dev/full", overwrite: true)
            try file.writeDataset("x", shape: [1000], [Float](repeating: 1, count: 1000))
            try file.close()
        }
        #expect(error?.exitCode == 74)
    }
}
