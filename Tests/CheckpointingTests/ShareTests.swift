import Checkpointing
import DurableFiles
import HDF5
import TemporaryDirectories
import Tensors
import Testing

/// Files that ranks write independently, and their assembly.
@Suite struct ShareTests {
    /// All shares of a sample, written by as many ranks.
    private func write(
        _ writer: borrowing CheckpointWriter, parts: Int, step: Int,
        through snapshot: Bool = false
    ) throws -> [ManifestEntry] {
        try Sample.values(step).withUnsafeBufferPointer { parameters in
            try (0..<parts).flatMap { index in
                let range = Sample.ranges(parts)[index]
                var first = Array(Sample.values(step + 1)[range])
                var second = Array(Sample.values(step + 2)[range])
                return try first.withUnsafeMutableBufferPointer { first in
                    try second.withUnsafeMutableBufferPointer { second in
                        let share = CheckpointShare(
                            path: writer.path, index: index, of: parts, range: range,
                            total: Sample.layout.count, optimizer: "lamb",
                            firstMoment: UnsafeBufferPointer(first),
                            secondMoment: UnsafeBufferPointer(second),
                            model: index > 0
                                ? nil
                                : CheckpointShare.Model(
                                    layout: Sample.layout, parameters: parameters,
                                    description: Sample.description,
                                    state: Sample.state(step: step)))
                        guard snapshot else { return try share.write() }
                        let memory = try #require(
                            CheckpointSnapshot(
                                parameterCount: index > 0 ? 0 : Sample.layout.count,
                                momentCount: range.count))
                        let copy = memory.copy(share)
                        // Training continues: the written state must be that of the copy.
                        for place in first.indices { first[place] = -1 }
                        for place in second.indices { second[place] = -2 }
                        return try withExtendedLifetime(memory) { try copy.write() }
                    }
                }
            }
        }
    }

    @Test(
        "shares, copies of them, and one process alone give the same bytes", arguments: [1, 3, 90])
    func sameBytes(parts: Int) throws {
        try withTemporaryDirectory { directory in
            let expected = try Sample.publish(
                CheckpointStore(run: directory + "/a"), step: 4, parts: parts)
            for (name, snapshot) in [("b", false), ("c", true)] {
                let store = CheckpointStore(run: directory + "/" + name)
                let writer = try CheckpointWriter.begin(
                    in: store, step: 4, parameterCount: Sample.layout.count)
                let files = try write(writer, parts: parts, step: 4, through: snapshot)
                let checkpoint = try writer.publish(files: files.reversed())
                try checkpoint.verify()
                #expect(try checkpoint.manifest.json() == expected.manifest.json())
            }
        }
    }

    @Test("files that are missing, unknown, or of another size are no checkpoint")
    func wrongEntries() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(run: directory)
            let changes: [(String, (inout [ManifestEntry]) -> Void)] = [
                ("is not in the manifest", { $0.removeLast() }),
                ("bytes instead of", { $0[1].bytes += 1 }),
                (
                    "is missing",
                    { $0.append(ManifestEntry(path: "more", bytes: 0, sha256: "")) }
                ),
            ]
            for (message, change) in changes {
                let error = #expect(throws: FileError.self) {
                    let writer = try CheckpointWriter.begin(
                        in: store, step: 4, parameterCount: Sample.layout.count)
                    var files = try write(writer, parts: 2, step: 4)
                    change(&files)
                    _ = try writer.publish(files: files)
                }
                #expect(error?.message.contains(message) == true)
                let names = try Paths.names(in: store.directory)
                #expect(names.isEmpty)
            }
        }
    }

    @Test("memory that cannot be had is no crash")
    func noMemory() {
        #expect(CheckpointSnapshot(parameterCount: 1 << 50, momentCount: 0) == nil)
        #expect(CheckpointSnapshot(parameterCount: 0, momentCount: 0)?.byteCount == 0)
        #expect(CheckpointSnapshot(parameterCount: 3, momentCount: 2)?.byteCount == 28)
    }

    /// Larger than a chunk in both directions, so that several pieces are written.
    @Test("each dataset carries checksums that HDF5 itself checks")
    func checksums() throws {
        try withTemporaryDirectory { directory in
            let layout = ParameterLayout([
                ("wide", [5, 300_000], true), ("tall", [3_000_001], true),
            ])
            let values = (0..<layout.count).map { Float($0 % 8191) - 4000 }
            let writer = try CheckpointWriter.begin(
                in: CheckpointStore(run: directory), step: 1, parameterCount: layout.count)
            let span = values.span
            var state = TrainingState()
            state.step = 1
            try CheckpointWriter.writeModel(
                path: writer.path, layout: layout, parameters: span,
                description: Sample.description, state: state)
            let checkpoint = try writer.publish()
            #expect(checkpoint.byteCount < layout.count * 4 + layout.count / 16 + (1 << 18))
            #expect(try read(checkpoint, layout) == values)

            // One bit in the middle of the data, detected without the manifest.
            let path = checkpoint.path + "/model.h5"
            var damaged = try bytes(path)
            damaged[damaged.count / 2] ^= 1
            try WholeFiles.writeAtomically(path, damaged)
            let error = #expect(throws: HDF5Error.self) { try read(checkpoint, layout) }
            #expect(error?.description.contains("model.h5:/model/") == true)
            #expect(error?.description.contains("hecksum") == true, "\(String(describing: error))")
        }
    }

    private func read(_ checkpoint: Checkpoint, _ layout: ParameterLayout) throws -> [Float] {
        var block = [Float](repeating: 0, count: layout.count)
        var span = block.mutableSpan
        try checkpoint.readParameters(layout, into: &span)
        return block
    }
}
