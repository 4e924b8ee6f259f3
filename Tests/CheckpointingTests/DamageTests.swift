import Checkpointing
import DurableFiles
import Glibc
import TemporaryDirectories
import Tensors
import Testing

@Suite struct DamageTests {
    @Test("every truncation of every file is seen, and the checkpoint before it is taken")
    func truncation() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(run: directory)
            let old = try Sample.publish(store, step: 1)
            let new = try Sample.publish(store, step: 2)
            for name in try Paths.names(in: new.path) {
                let path = Paths.join(new.path, name)
                let whole = try bytes(path)
                for length in [0, 1, 7, 8, 511, 2048, whole.count / 2, whole.count - 2]
                where length < whole.count {
                    try WholeFiles.writeAtomically(path, whole[..<length])
                    let (found, skipped) = try Checkpoint.open(directory)
                    #expect(found.path == old.path)
                    #expect(skipped.map(\.path) == [new.path])
                    let reason = skipped.first?.reason ?? ""
                    if name == "manifest.json" {
                        #expect(reason.contains("manifest.json: "))
                    } else {
                        #expect(
                            reason == "\(path): has \(length) bytes instead of the \(whole.count)"
                                + " of the manifest")
                    }
                }
                try WholeFiles.writeAtomically(path, whole)
            }
            #expect(try Checkpoint.open(directory).checkpoint.path == new.path)
        }
    }

    @Test("flipped bits are seen")
    func bitFlips() throws {
        try withTemporaryDirectory { directory in
            let checkpoint = try Sample.publish(CheckpointStore(run: directory), step: 1)
            for entry in checkpoint.manifest.files {
                let path = Paths.join(checkpoint.path, entry.path)
                let whole = try bytes(path)
                for index in stride(from: 0, to: whole.count, by: 1 + whole.count / 23) {
                    var damaged = whole
                    damaged[index] ^= 1 << UInt8(index % 8)
                    try WholeFiles.writeAtomically(path, damaged)
                    let error = #expect(throws: FileError.self) {
                        try Checkpoint(directory: checkpoint.path).verify()
                    }
                    #expect(error?.description.hasPrefix("\(path): is damaged") == true)
                    #expect(error?.exitCode == 65)
                }
                try WholeFiles.writeAtomically(path, whole)
            }
        }
    }

    @Test("a missing part, a part too many")
    func parts() throws {
        try withTemporaryDirectory { directory in
            let checkpoint = try Sample.publish(CheckpointStore(run: directory), step: 1, parts: 3)
            let part = checkpoint.path + "/optimizer.2-of-3.h5"
            rename(part, directory + "/away")
            let missing = #expect(throws: FileError.self) { try checkpoint.verify() }
            #expect(missing?.description == "\(part): is missing, though the manifest lists it")
            let unread = #expect(throws: CheckpointError.self) {
                try Sample.moments(checkpoint, 0..<1)
            }
            #expect(
                unread?.description
                    == "\(part): is missing: the other parts say that there are 3")
            #expect(unread?.exitCode == 66)
            rename(directory + "/away", part)
            try WholeFiles.writeAtomically(checkpoint.path + "/optimizer.1-of-2.h5", "x")
            let extra = #expect(throws: FileError.self) { try checkpoint.verify() }
            #expect(extra?.message.contains("not in the manifest") == true)
        }
    }

    @Test("parts that leave a hole, overlap or disagree are not published")
    func wrongCover() throws {
        let cases: [(ranges: [Range<Int>], totals: [Int], optimizers: [String])] = [
            ([0..<10, 11..<78], [78, 78], ["lamb", "lamb"]),
            ([0..<11, 10..<78], [78, 78], ["lamb", "lamb"]),
            ([0..<10, 10..<77], [78, 78], ["lamb", "lamb"]),
            ([1..<10, 10..<78], [78, 78], ["lamb", "lamb"]),
            ([0..<10, 10..<78], [78, 79], ["lamb", "lamb"]),
            ([0..<10, 10..<78], [78, 78], ["lamb", "adamw"]),
            ([0..<10, 10..<77], [77, 77], ["lamb", "lamb"]),
        ]
        #expect(Sample.layout.count == 78)
        for (ranges, totals, optimizers) in cases {
            try withTemporaryDirectory { directory in
                let store = CheckpointStore(run: directory)
                let error = #expect(throws: CheckpointError.self) {
                    let writer = try CheckpointWriter.begin(
                        in: store, step: 1, parameterCount: Sample.layout.count)
                    try Sample.writeModel(writer, step: 1)
                    for (index, range) in ranges.enumerated() {
                        let zeros = [Float](repeating: 0, count: range.count)
                        let span = zeros.span
                        try CheckpointWriter.writeOptimizerPart(
                            path: writer.path, index: index, of: 2, range: range,
                            total: totals[index], optimizer: optimizers[index], firstMoment: span,
                            secondMoment: span)
                    }
                    _ = try writer.publish()
                }
                #expect(error?.exitCode == 65)
                let names = try Paths.names(in: store.directory)
                #expect(names.isEmpty)
            }
        }
    }

    @Test(
        "killed at any step of writing: the old checkpoint is found, the rest is swept up",
        arguments: 0...4)
    func killed(stage: Int) throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(run: directory)
            let old = try Sample.publish(store, step: 1)
            let writer = try CheckpointWriter.begin(
                in: store, step: 2, parameterCount: Sample.layout.count)
            if stage >= 1 { try Sample.writeModel(writer, step: 2) }
            if stage >= 2 { try Sample.writePart(writer.path, 0, of: 2, step: 2) }
            if stage >= 3 { try Sample.writePart(writer.path, 1, of: 2, step: 2) }
            let hidden = writer.abandon()
            if stage >= 4 {
                // Completely written, even a manifest, but not renamed.
                try WholeFiles.writeAtomically(
                    hidden + "/manifest.json", try bytes(old.path + "/manifest.json"))
            }
            let (found, skipped) = try Checkpoint.open(directory)
            #expect(found.path == old.path && skipped.isEmpty)
            #expect(try store.list().map(\.step) == [1])
            #expect(try store.removeStale() == [Paths.name(of: hidden)])
            #expect(try Paths.names(in: store.directory) == ["step-00000001"])
            try Sample.publish(store, step: 2)
            #expect(try Checkpoint.open(directory).checkpoint.step == 2)
        }
    }

    @Test("a full disk: a small tmpfs, which only root can mount", .enabled(if: geteuid() == 0))
    func fullDisk() throws {
        try withTemporaryDirectory { directory in
            guard mount("tmpfs", directory, "tmpfs", 0, "size=6m") == 0 else {
                print("SKIPPED: no tmpfs can be mounted here, a full disk is not tested")
                return
            }
            defer { umount2(directory, Int32(MNT_DETACH)) }
            let store = CheckpointStore(run: directory)
            try Sample.publish(store, step: 1)
            // Checked before anything is written.
            let before = #expect(throws: FileError.self) {
                _ = try CheckpointWriter.begin(in: store, step: 2, parameterCount: 1 << 20)
            }
            #expect(before?.exitCode == 74)
            #expect(before?.message.contains("not enough space: 16.9 MB are needed") == true)
            // Filled up by another process in between.
            let during = #expect(throws: (any Error).self) {
                let writer = try CheckpointWriter.begin(in: store, step: 2, parameterCount: 100)
                try WholeFiles.writeAtomically(
                    directory + "/other", [UInt8](repeating: 1, count: 5_500_000))
                let zeros = [Float](repeating: 0, count: 200_000)
                let span = zeros.span
                try CheckpointWriter.writeOptimizerPart(
                    path: writer.path, index: 0, of: 1, range: 0..<200_000, total: 200_000,
                    optimizer: "adamw", firstMoment: span, secondMoment: span)
            }
            #expect(during.map { "\($0)" }?.contains("No space left on device") == true)
            #expect(try Paths.names(in: store.directory) == ["step-00000001"])
            #expect(try Checkpoint.open(directory).checkpoint.step == 1)
            // The library does not remember the failure: once there is room again, writing often
            // succeeds.
            try Paths.remove(directory + "/other")
            for step in 2...20 {
                try Sample.publish(store, step: step).verify()
                try store.retain(keepLast: 1)
            }
        }
    }
}
