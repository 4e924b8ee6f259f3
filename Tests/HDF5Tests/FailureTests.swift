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

    @Test("an existing file is kept by default")
    func exclusive() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.h5"
            try File.create(path) { _ in }
            let error = #expect(throws: HDF5Error.self) { try File.create(path) { _ in } }
            #expect(error?.exitCode == 74)
            try File.create(path, overwrite: true) { _ in }
        }
    }

    @Test("wrong names, types and sizes say what and where")
    func wrongUse() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.h5"
            try File.create(path) { file in
                try file.writeDataset("x", shape: [2, 3], ([1, 2, 3, 4, 5, 6] as [Float]))
                try file.writeText("t", "text")
            }
            let file = try File.open(path)
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
            try File.create(path) { file in
                try file.writeDataset(
                    "x", shape: [500], layout: .chunked([50], gzip: 1, fletcher32: true), values)
            }
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
            try File.create(path) { file in
                try file.writeDataset(
                    "x", shape: [64], layout: .chunked([64], fletcher32: true),
                    [UInt8](repeating: 0xa5, count: 64))
            }
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
            try File.create("/dev/full", overwrite: true) { file in
                try file.writeDataset("x", shape: [1000], [Float](repeating: 1, count: 1000))
            }
        }
        #expect(error?.exitCode == 74)
    }

    @Test(
        "leftovers of a full disk do not affect later files",
        .enabled(if: access("/dev/full", W_OK) == 0))
    func afterAFailure() throws {
        try withTemporaryDirectory { directory in
            for index in 0..<50 {
                let error = #expect(throws: HDF5Error.self) {
                    try File.create("/dev/full", overwrite: true) { file in
                        let group = try file.createGroup("group")
                        try group.setAttribute("text", "text")
                        try group.writeText("long", String(repeating: "text ", count: 50_000))
                        let rows = try file.createDataset(
                            "rows", of: .float32, shape: [10, 100], layout: .chunked([5, 100]))
                        try rows.write([Float](repeating: 1, count: 1000))
                    }
                }
                #expect(error?.exitCode == 74)
                let path = "\(directory)/\(index).h5"
                try File.create(path) { try $0.writeText("t", "text \(index)") }
                #expect(
                    try File.open(path).readText("t", maximumByteCount: 20) == "text \(index)")
            }
            // No failed file is kept open.
            #expect(openFiles() < 100)
        }
    }

    @Test(
        "a failure that nobody looks at fails the file all the same",
        .enabled(if: access("/dev/full", W_OK) == 0))
    func swallowed() throws {
        let error = #expect(throws: HDF5Error.self) {
            try File.create("/dev/full", overwrite: true) { file in
                try? file.writeDataset("x", shape: [100_000], [Float](repeating: 1, count: 100_000))
            }
        }
        #expect(error?.exitCode == 74)
    }

    private func openFiles() -> Int {
        (0..<1024).count { fcntl($0, F_GETFD) >= 0 }
    }
}
