import HDF5
import Testing

/// Files written by h5py (see `Fixtures/generate.py`), benign and hostile.
@Suite struct FixtureTests {
    @Test("files written by h5py are read, with conversion")
    func reads() throws {
        let file = try File.open(fixture("h5py.h5"))
        #expect(try file.textAttribute("title") == "h5py's ümläut")
        #expect(try file.textAttribute("fixed") == "fixed")
        #expect(try file.textAttribute("empty") == "")
        #expect(try file.attribute("scale", as: Double.self) == 0.5)
        #expect(try file.attributeArray("sizes", as: Int64.self) == [3, -5, 1 << 40])
        #expect(
            try file.dataset("input_mask").read(as: Int32.self, maximumCount: 6)
                == [1, 1, 0, 1, 0, 0])
        #expect(
            try file.dataset("input_ids").read(as: Int64.self, maximumCount: 12)
                == (0..<12).map { Int64($0) })
        #expect(
            try file.dataset("big_endian").read(as: Float.self, maximumCount: 2) == [1.5, -2])
        #expect(
            try file.dataset("half").read(as: Float.self, maximumCount: 3) == [1, 0.5, -2])
        #expect(try file.dataset("half").elementType() == nil)
        #expect(try file.readText("text", maximumByteCount: 100) == "one\ntwo\n")
        #expect(try file.dataset("a/b/c").read(as: Double.self, maximumCount: 1) == [7.25])
        #expect(try file.group("a").names() == ["b", "empty"])
        #expect(try file.contains("a/b/c") && !file.contains("a/x/c") && !file.contains("x"))
    }

    @Test("a filter that this library does not have is named")
    func unknownFilter() throws {
        let file = try File.open(fixture("lzf.h5"))
        let error = #expect(throws: HDF5Error.self) { _ = try file.dataset("x") }
        #expect(error?.exitCode == 65)
        #expect(error?.description.contains("filter lzf (number 32000)") == true)
    }

    @Test("numbers outside the range become the nearest bound")
    func clamps() throws {
        let file = try File.open(fixture("h5py.h5"))
        #expect(
            try file.dataset("wide").read(as: UInt16.self, maximumCount: 3) == [0, 65535, 3])
    }

    @Test(
        "other files are not reached through links and storage",
        arguments: [
            "soft", "external", "dangling", "stolen", "virtual",
        ])
    func links(name: String) throws {
        let file = try File.open(fixture("h5py.h5"))
        let error = #expect(throws: HDF5Error.self) { _ = try file.dataset(name) }
        #expect(error?.exitCode == 65)
        #expect(error?.description.contains("h5py.h5") == true)
    }

    @Test("sizes are not believed")
    func bombs() throws {
        let file = try File.open(fixture("h5py.h5"))
        let huge = try file.dataset("huge")
        let error = #expect(throws: HDF5Error.self) {
            _ = try huge.read(as: Float.self, maximumCount: 1_000_000)
        }
        #expect(error?.description.contains("more than the 1000000 expected") == true)
        #expect(throws: HDF5Error.self) {
            _ = try huge.read(rows: 0..<1, as: Float.self, maximumCount: 1_000_000)
        }
        #expect(
            try file.dataset("input_ids").read(rows: 1..<3, as: Int32.self, maximumCount: 6)
                == [3, 4, 5, 6, 7, 8])
        #expect(throws: HDF5Error.self) {
            _ = try file.dataset("input_ids").read(rows: 3..<5, as: Int32.self, maximumCount: 6)
        }
        #expect(throws: HDF5Error.self) { _ = try file.dataset("huge_chunk") }
        #expect(throws: HDF5Error.self) { _ = try file.readText("text", maximumByteCount: 3) }
        #expect(throws: HDF5Error.self) { _ = try file.names(maximumCount: 3) }
    }
}
