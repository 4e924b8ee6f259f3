import Corpus
import DurableFiles
import Glibc
import HDF5
import Samples
import TemporaryDirectories
import Testing

/// Rows of a test's files.
private struct Rows {
    var tokens: [[Int32]]
    var mask: [[Int32]]
    var segments: [[Int32]]
    var positions: [[Int32]]
    var labels: [[Int32]]
    var next: [Int32]

    /// `count` rows of 8 tokens and 3 predictions, whose second token is `first` and ascending.
    init(_ count: Int, first: Int32 = 100) {
        tokens = (0..<count).map { [2, first + Int32($0), 10, 3, 11, 3, 0, 0] }
        mask = [[Int32]](repeating: [1, 1, 1, 1, 1, 1, 0, 0], count: count)
        segments = [[Int32]](repeating: [0, 0, 0, 0, 1, 1, 0, 0], count: count)
        positions = [[Int32]](repeating: [2, 4, 0], count: count)
        labels = [[Int32]](repeating: [20, 21, 0], count: count)
        next = (0..<count).map { Int32($0 % 2) }
    }

    /// Writes the rows with integers of the given type for all datasets.
    func write<T: HDF5Element & FixedWidthInteger>(
        _ path: String, as type: T.Type = Int32.self, layout: DatasetLayout = .contiguous,
        without missing: String = ""
    ) throws {
        try File.create(path) { file in
            for (name, values) in [
                ("input_ids", tokens), ("input_mask", mask), ("segment_ids", segments),
                ("masked_lm_positions", positions), ("masked_lm_ids", labels),
            ] where name != missing {
                let flat = values.flatMap { $0.map { T(clamping: $0) } }
                try file.writeDataset(
                    name, shape: [values.count, flat.count / max(1, values.count)], layout: layout,
                    flat.span)
            }
            let flags = next.map { T(clamping: $0) }
            if missing != "next_sentence_labels" {
                try file.writeDataset("next_sentence_labels", shape: [next.count], flags.span)
            }
        }
    }
}

@Suite struct NvidiaHDF5SourceTests {
    private let directory = TemporaryDirectory()

    private func source(
        _ paths: [String], order: SampleOrder = .sequential, vocabularySize: Int = 1000,
        blockTokens: Int = 1 << 22
    ) throws -> NvidiaHDF5Source {
        try NvidiaHDF5Source(
            paths: paths, vocabularySize: vocabularySize, order: order, seed: 3,
            blockTokens: blockTokens)
    }

    /// The row that a sample came from, identified by its second token.
    private func rows(_ source: NvidiaHDF5Source, epoch: Int) throws -> [Int] {
        try source.samples(epoch: epoch).map { Int($0.tokenIDs[1]) - 100 }
    }

    @Test func readsEveryWidthOfIntegers() throws {
        let rows = Rows(5)
        try rows.write(directory.file("8.h5"), as: Int8.self)
        try rows.write(directory.file("16.h5"), as: UInt16.self)
        try rows.write(directory.file("32.h5"), as: Int32.self, layout: .chunked([2, 3], gzip: 4))
        try rows.write(directory.file("64.h5"), as: Int64.self)
        for name in ["8.h5", "16.h5", "32.h5", "64.h5"] {
            let source = try source([directory.file(name)])
            #expect(source.sampleCount(epoch: 0) == 5 && source.maximumLength == 8)
            for index in 0..<5 {
                let expected = PretrainingSample(
                    identity: SampleIdentity(epoch: 9, index: index),
                    tokenIDs: [2, 100 + Int32(index), 10, 3, 11, 3],
                    segmentIDs: [0, 0, 0, 0, 1, 1], maskedPositions: [2, 4],
                    maskedLabels: [20, 21], isRandomNext: index % 2 == 1)
                #expect(try source.sample(epoch: 9, index: index) == expected)
            }
        }
    }

    @Test func takesFilesAndDirectoriesInOrder() throws {
        try Paths.createDirectory(directory.file("many"))
        try Rows(3, first: 103).write(directory.file("many/b.hdf5"))
        try Rows(3, first: 100).write(directory.file("many/a.h5"))
        try Rows(1, first: 106).write(directory.file("c.anything"))
        try directory.write("many/README", "no data")
        let source = try source([directory.file("many"), directory.file("c.anything")])
        #expect(try rows(source, epoch: 0) == Array(0..<7))
        #expect(try rows(source, epoch: 5) == Array(0..<7))
    }

    @Test(arguments: [8, 24, 80, 1 << 22])
    func shuffledEpochsHoldAllRows(blockTokens: Int) throws {
        try Rows(37).write(directory.file("a.h5"))
        try Rows(12, first: 137).write(directory.file("b.h5"))
        let paths = [directory.file("a.h5"), directory.file("b.h5")]
        let shuffled = try source(paths, order: .shuffled, blockTokens: blockTokens)
        let epochs = try (0..<3).map { try rows(shuffled, epoch: $0) }
        for epoch in epochs { #expect(epoch.sorted() == Array(0..<49) && epoch != Array(0..<49)) }
        #expect(epochs[0] != epochs[1] && epochs[1] != epochs[2])
        let again = try source(paths, order: .shuffled, blockTokens: blockTokens)
        for epoch in [2, 0, 1] {
            for index in [48, 0, 17, 3] {
                let sample = try again.sample(epoch: epoch, index: index)
                #expect(Int(sample.tokenIDs[1]) - 100 == epochs[epoch][index])
            }
        }
        #expect(again.fingerprint == shuffled.fingerprint)
        #expect(try source(paths).fingerprint != shuffled.fingerprint)
    }

    /// Rows in the middle of a file, which earlier versions did not hash.
    @Test func otherRowsHaveAnotherFingerprint() throws {
        for count in [100, 150_000] {
            let path = directory.file("\(count).h5")
            try Rows(count).write(path)
            let before = try source([path])
            let place = try File.open(path).dataset("input_ids").mappableOffset(of: Int32.self)
            let offset = try #require(place)
            var bytes = try WholeFiles.read(path, maximumByteCount: 1 << 26)
            for row in count / 3..<count / 3 * 2 { bytes[offset + 4 * (8 * row + 2)] ^= 1 }
            try directory.write("\(count).h5", bytes)
            let after = try source([path])
            #expect(before.fingerprint != after.fingerprint)
            #expect(count == 100 || before.earlierFingerprints == after.earlierFingerprints)
        }
    }

    @Test func damagedRowsAreNamed() throws {
        let damages: [(String, (inout Rows) -> Void)] = [
            ("input_ids[1] is 1000", { $0.tokens[3][1] = 1000 }),
            ("input_ids[1] is -1", { $0.tokens[3][1] = -1 }),
            ("input_mask", { $0.mask[3] = [1, 1, 0, 1, 0, 0, 0, 0] }),
            ("input_mask", { $0.mask[3] = [0, 0, 0, 0, 0, 0, 0, 0] }),
            ("input_mask", { $0.mask[3][0] = 2 }),
            ("segment_ids holds 2", { $0.segments[3][2] = 2 }),
            ("masked_lm_positions holds 6", { $0.positions[3][1] = 6 }),
            ("masked_lm_positions holds -4", { $0.positions[3][1] = -4 }),
            ("masked_lm_positions holds 2 twice", { $0.positions[3][1] = 2 }),
            ("masked_lm_ids holds 5000", { $0.labels[3][0] = 5000 }),
            ("next_sentence_labels is 7", { $0.next[3] = 7 }),
        ]
        for (number, (message, damage)) in damages.enumerated() {
            var rows = Rows(5)
            damage(&rows)
            try rows.write(directory.file("\(number).h5"))
            let source = try source([directory.file("\(number).h5")])
            for index in [0, 1, 2, 4] { _ = try source.sample(epoch: 0, index: index) }
            let text = errorText { _ = try source.sample(epoch: 0, index: 3) }
            #expect(text?.contains("\(number).h5: row 3: \(message)") == true, "\(text ?? "")")
        }
    }

    @Test func predictionsEndAtTheFirstZeroAndAreSorted() throws {
        var rows = Rows(2)
        rows.positions = [[4, 1, 0], [2, 0, 4]]
        rows.labels = [[7, 8, 9], [7, 8, 9]]
        try rows.write(directory.file("a.h5"))
        let samples = try source([directory.file("a.h5")]).samples()
        #expect(samples[0].maskedPositions == [1, 4] && samples[0].maskedLabels == [8, 7])
        #expect(samples[1].maskedPositions == [2] && samples[1].maskedLabels == [7])
    }

    @Test(arguments: [
        "input_ids", "input_mask", "segment_ids", "masked_lm_positions", "masked_lm_ids",
        "next_sentence_labels",
    ])
    func aMissingDatasetIsNamed(name: String) throws {
        try Rows(2).write(directory.file("a.h5"), without: name)
        let text = errorText { _ = try source([directory.file("a.h5")]) }
        #expect(text?.contains("a.h5: it has no dataset \(name)") == true)
    }

    @Test func shapesThatDoNotFitAreNamed() throws {
        var rows = Rows(4)
        rows.labels.removeLast()
        try rows.write(directory.file("a.h5"))
        #expect(errorText { _ = try source([directory.file("a.h5")]) }?.contains("a.h5") == true)
        rows = Rows(4)
        rows.next.removeLast()
        try rows.write(directory.file("b.h5"))
        #expect(errorText { _ = try source([directory.file("b.h5")]) }?.contains("[3]") == true)
        try Rows(0).write(directory.file("c.h5"))
        #expect(errorText { _ = try source([directory.file("c.h5")]) } != nil)
    }

    @Test func truncatedFilesAreErrors() throws {
        try Rows(50).write(directory.file("a.h5"), layout: .chunked([7, 3], gzip: 4))
        let whole = try WholeFiles.read(directory.file("a.h5"), maximumByteCount: 1 << 20)
        for length in stride(from: 0, to: whole.count, by: 101) {
            try directory.write("a.h5", whole[..<length])
            let text = errorText { _ = try source([directory.file("a.h5")]).samples() }
            #expect(text?.contains("a.h5") == true)
        }
    }

    /// Files that claim more than they contain must not cause an allocation.
    @Test(arguments: [
        (1 << 40, 8, 3), (1 << 56, 1, 1), (8, 1 << 40, 3), (1 << 20, 1, 1 << 16), (1 << 30, 4, 4),
        (8, 0, 3),
    ])
    func filesThatLieAboutTheirSizeAreErrors(rows: Int, length: Int, predictions: Int) throws {
        try File.create(directory.file("a.h5")) { file in
            for (name, width) in [
                ("input_ids", length), ("input_mask", length), ("segment_ids", length),
                ("masked_lm_positions", predictions), ("masked_lm_ids", predictions),
            ] {
                // Nothing is written, so the file stays small.
                _ = try file.createDataset(name, of: .int32, shape: [rows, width])
            }
            _ = try file.createDataset("next_sentence_labels", of: .int8, shape: [rows])
        }
        let text = errorText {
            let source = try source([directory.file("a.h5")])
            _ = try source.sample(epoch: 0, index: 0)
        }
        #expect(text?.contains("a.h5") == true)
    }

    @Test func emptyAndMissingPlacesAreNamed() throws {
        try Paths.createDirectory(directory.file("empty"))
        #expect(errorText { _ = try source([directory.file("empty")]) }?.contains("empty") == true)
        #expect(errorText { _ = try source([directory.file("none")]) }?.contains("none") == true)
    }
}

/// Files written by other projects.
@Suite struct NvidiaFileTests {
    /// Written by `Fixtures/make_nvidia.py` with h5py, compressed as in NVIDIA's program; the
    /// numbers are those that the script prints.
    @Test func readsAFileOfH5py() throws {
        let source = try NvidiaHDF5Source(
            paths: [fixture], vocabularySize: 200, order: .sequential, seed: 0)
        #expect(source.sampleCount(epoch: 0) == 9 && source.maximumLength == 16)
        let samples = try source.samples()
        #expect(samples.map(\.length) == FixtureFacts.lengths)
        #expect(samples.map { Int($0.tokenIDs.reduce(0, +)) } == FixtureFacts.tokenSums)
        #expect(samples.map { $0.maskedPositions.map(Int.init) } == FixtureFacts.positions)
        #expect(samples.map { $0.maskedLabels.map(Int.init) } == FixtureFacts.labels)
        #expect(samples.map(\.isRandomNext) == FixtureFacts.next.map { $0 == 1 })
        #expect(samples.map { $0.segmentIDs.count { $0 == 0 } } == FixtureFacts.firstSegments)
    }

    /// Runs of earlier versions identify their data by this one.
    @Test func fingerprintsOfEarlierVersionsAreKnown() throws {
        let source = try NvidiaHDF5Source(
            paths: [fixture], vocabularySize: 200, order: .sequential, seed: 3)
        #expect(
            source.earlierFingerprints
                == ["79ab133ba39a7a936f8e54f83306140360d262da9a605578bf9337af20ee22b8"])
    }

    private var fixture: String {
        Paths.join(Paths.parent(of: "\(#filePath)"), "Fixtures/nvidia.hdf5")
    }

    private static var shared: String {
        getenv("BERT_SHARED").map { String(cString: $0) } ?? Paths.parent(
            of: Paths.parent(of: Paths.parent(of: "\(#filePath)"))) + "/../shared"
    }

    private static func oracle(_ name: String) -> String {
        "\(shared)/oracle/\(name)/pretrain.hdf5"
    }

    private static var hasOracle: Bool {
        ["plain", "odd"].allSatisfy { (try? Paths.kind(of: oracle($0))) == .file }
    }

    @Test(
        .enabled(if: hasOracle, "../shared/oracle is not here (BERT_SHARED names another place)"),
        arguments: ["plain", "odd"])
    func readsTheOracle(name: String) throws {
        let source = try NvidiaHDF5Source(
            paths: [Self.oracle(name)], vocabularySize: 1000, order: .sequential, seed: 0)
        for sample in try source.samples() {
            #expect(sample.tokenIDs.first == 5 && sample.tokenIDs.last == 6)
            #expect(!sample.maskedPositions.isEmpty)
            // Neither [CLS] nor [SEP] is predicted; labels are words.
            #expect(sample.maskedLabels.allSatisfy { $0 >= 8 })
            for (position, label) in zip(sample.maskedPositions, sample.maskedLabels) {
                #expect([7, label].contains(sample.tokenIDs[Int(position)]))
            }
        }
    }
}
