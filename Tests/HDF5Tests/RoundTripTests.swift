import HDF5
import TemporaryDirectories
import Testing

@Suite struct RoundTripTests {
    static let shapes: [[Int]] = [[], [0], [1], [7], [3, 5], [2, 0, 3], [2, 3, 5, 7], [1025]]

    static func values<T: HDF5Element>(_ count: Int, _ make: (Int) -> T) -> [T] {
        (0..<count).map(make)
    }

    private func roundTrip<T: HDF5Element & Equatable>(
        _ shape: [Int], _ layout: DatasetLayout, _ make: (Int) -> T
    ) throws {
        let values = Self.values(shape.reduce(1, *), make)
        try withTemporaryDirectory { directory in
            let path = directory + "/x.h5"
            try File.create(path) { file in
                try file.writeDataset("x", shape: shape, layout: layout, values)
            }
            let again = try File.open(path)
            let dataset = try again.dataset("x")
            #expect(try dataset.shape() == shape)
            #expect(try dataset.elementType() == T.elementType)
            #expect(try dataset.read(as: T.self, maximumCount: values.count) == values)
        }
    }

    @Test("every element type comes back", arguments: shapes)
    func types(shape: [Int]) throws {
        try roundTrip(shape, .contiguous) { Float($0) * 0.37 - 4 }
        try roundTrip(shape, .contiguous) { Double($0) * 1e100 }
        try roundTrip(shape, .contiguous) { Int8(truncatingIfNeeded: $0 &* 97) }
        try roundTrip(shape, .contiguous) { UInt8(truncatingIfNeeded: $0 &* 91) }
        try roundTrip(shape, .contiguous) { Int16(truncatingIfNeeded: $0 &* 9973) }
        try roundTrip(shape, .contiguous) { UInt16(truncatingIfNeeded: $0 &* 9973) }
        try roundTrip(shape, .contiguous) { Int32(truncatingIfNeeded: $0 &* 99_991_777) }
        try roundTrip(shape, .contiguous) { Int64($0) &* -0x1234_5678_9abc }
    }

    @Test("chunks and filters do not change values", arguments: shapes.filter { !$0.isEmpty })
    func filters(shape: [Int]) throws {
        let chunk = shape.map { max(1, min($0, 4)) }
        for gzip in [nil, 1, 9] {
            for shuffle in [false, true] {
                for checksum in [false, true] {
                    let layout = DatasetLayout.chunked(
                        chunk, gzip: gzip, shuffle: shuffle, fletcher32: checksum)
                    try roundTrip(shape, layout) { Int32($0 &* 31) }
                }
            }
        }
    }

    @Test("NaN and infinities keep their bits")
    func specials() throws {
        let values: [Float] = [.nan, -.nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude]
        try withTemporaryDirectory { directory in
            try File.create(directory + "/x.h5") { file in
                try file.writeDataset("x", shape: [6], values)
                let back = try file.dataset("x").read(as: Float.self, maximumCount: 6)
                #expect(back.map(\.bitPattern) == values.map(\.bitPattern))
            }
        }
    }

    @Test("appended rows in uneven pieces equal the whole; row ranges are windows of it")
    func append() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.h5"
            let width = 3
            let all = (0..<(101 * width)).map { Int32($0) }
            try File.create(path) { file in
                let dataset = try file.createDataset(
                    "x", of: .int32, shape: [0, width],
                    layout: .chunked([8, width], extendible: true, gzip: 1))
                var start = 0
                for rows in [0, 1, 7, 8, 9, 30, 46] {
                    let piece = all[(start * width)..<((start + rows) * width)]
                    try dataset.append(Array(piece))
                    start += rows
                }
                #expect(start == 101)
            }
            let again = try File.open(path)
            let dataset = try again.dataset("x")
            for rows in [0..<101, 0..<0, 101..<101, 5..<6, 7..<9, 93..<101] {
                var buffer = [Int32](repeating: -1, count: rows.count * width)
                var span = buffer.mutableSpan
                try dataset.read(rows: rows, into: &span)
                #expect(buffer == Array(all[(rows.lowerBound * width)..<(rows.upperBound * width)]))
            }
        }
    }

    @Test("rows written in any order")
    func hyperslabs() throws {
        try withTemporaryDirectory { directory in
            try File.create(directory + "/x.h5") { file in
                let dataset = try file.createDataset("x", of: .float32, shape: [5, 2])
                try dataset.write(([8, 9] as [Float]), atRow: 4)
                try dataset.write(([0, 1, 2, 3] as [Float]), atRow: 0)
                try dataset.write(([4, 5, 6, 7] as [Float]), atRow: 2)
                let back = try dataset.read(as: Float.self, maximumCount: 10)
                #expect(back == (0..<10).map { Float($0) })
            }
        }
    }

    @Test("attributes and texts")
    func attributes() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/x.h5"
            let long = String(repeating: "中文 text\n", count: 20_000)
            try File.create(path) { file in
                let group = try file.createGroup("model")
                try group.setAttribute("text", "größe 中")
                try group.setAttribute("empty", "")
                try group.setAttribute("step", Int64(1) << 40)
                try group.setAttribute("scale", 0.1)
                try group.setAttribute("shape", [Int32(3), -4])
                try file.writeText("long", long)
                try file.writeText("none", "")
            }
            let again = try File.open(path)
            let group = try again.group("model")
            #expect(try group.textAttribute("text") == "größe 中")
            #expect(try group.textAttribute("empty") == "")
            #expect(try group.attribute("step", as: Int64.self) == 1 << 40)
            #expect(try group.attribute("scale", as: Double.self) == 0.1)
            #expect(try group.attributeArray("shape", as: Int32.self) == [3, -4])
            #expect(try group.hasAttribute("text") && !group.hasAttribute("other"))
            #expect(try again.readText("long", maximumByteCount: long.utf8.count) == long)
            #expect(try again.readText("none", maximumByteCount: 1) == "")
            #expect(try again.names() == ["long", "model", "none"])
        }
    }

    @Test("the same calls give the same bytes")
    func identicalBytes() throws {
        try withTemporaryDirectory { directory in
            for name in ["a", "b"] {
                try File.create("\(directory)/\(name).h5") { file in
                    let group = try file.createGroup("g")
                    for index in 0..<50 {
                        try group.writeDataset(
                            "d\(index)", shape: [index, 3], (0..<(index * 3)).map { Float($0) }
                        )
                    }
                    try group.setAttribute("text", "text \(String(repeating: "x", count: 5000))")
                    try file.writeText("vocabulary", "[PAD]\n[UNK]\n")
                    let rows = try file.createDataset(
                        "rows", of: .uint16, shape: [0],
                        layout: .chunked([64], extendible: true, gzip: 6, fletcher32: true))
                    for _ in 0..<10 { try rows.append([UInt16](repeating: 7, count: 100)) }
                }
            }
            let a = bytes(of: directory + "/a.h5")
            #expect(a.count > 10_000)
            #expect(a == bytes(of: directory + "/b.h5"))
        }
    }

    @Test("many threads at once")
    func threads() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                group.addTask {
                    try withTemporaryDirectory { directory in
                        try File.create(directory + "/x.h5") { file in
                            for step in 0..<40 {
                                let values = [Int32](repeating: Int32(index), count: 1000 + step)
                                try file.writeDataset("d\(step)", shape: [values.count], values)
                                #expect(try !file.contains("none"))
                                let back = try file.dataset("d\(step)")
                                    .read(as: Int32.self, maximumCount: 2000)
                                #expect(back == values)
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
