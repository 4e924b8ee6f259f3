import Corpus
import DurableFiles
import HDF5
import Samples
import Tokenization

/// A corpus directory, above all its shards.
struct ShardReader: FuzzReader {
    let name = "corpus"
    let cost = 12
    let refusals: [any Error.Type] = [
        CorpusError.self, HDF5Error.self, FileError.self, VocabularyError.self,
    ]

    static func build(_ scratch: String) throws -> String {
        let text = scratch + "/corpus.txt"
        try ScratchFiles.write(Array(String(repeating: sampleText + "\n", count: 3).utf8), to: text)
        var options = CorpusBuilder.Options()
        options.heldoutShare = 0.2
        let path = scratch + "/corpus"
        try? Paths.remove(path)
        try CorpusBuilder(
            vocabulary: try Vocabulary(lines: VocabularyReader.pieces), options: options
        ).build([text], output: path)
        return path
    }

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let path = try Self.build(scratch)
        var files = try ScratchFiles.files(in: path)
        for index in files.indices where files[index].name.hasSuffix(".h5") {
            let sketch = try HDF5Sketch(
                reading: Paths.join(path, files[index].name),
                datasets: ["token_ids", "sentence_offsets", "document_offsets"], attributes: [])
            files[index].kind = .hdf5(sketch)
            files[index].weight = 8
        }
        return [FuzzInput(files: files)]
    }

    func complete(_ input: inout FuzzInput, _ random: inout FuzzRandom) {
        if random.once(in: 12) { return }
        // Without checksums of blocks, as written by earlier versions, those of whole files count.
        ManifestFiles.update(&input, CorpusManifest.self) { $0.checksums = nil }
    }

    func read(_ directory: String) throws {
        let corpus = try CorpusDirectory(path: directory)
        var refusal: (any Error)?
        do { try corpus.verify() } catch { refusal = error }
        // Training does not verify everything, so it must tolerate input that verification rejects.
        try Self.readSamples(corpus)
        if let refusal { throw refusal }
    }

    /// Reads some samples of both splits.
    static func readSamples(_ corpus: CorpusDirectory) throws {
        var settings = SampleSettings(sequenceLength: 32)
        settings.order = .sequential
        for split in CorpusSplit.allCases where corpus.manifest[split].shards > 0 {
            let source = try CorpusSource([corpus], split: split, settings: settings, seed: 7)
            try check(source, below: 8)
        }
    }

    /// Reads the first samples of a source, and checks the properties that a model relies on.
    static func check(_ source: some SampleSource, below limit: Int) throws {
        for index in 0..<min(source.sampleCount(epoch: 0), limit) {
            let sample = try source.sample(epoch: 0, index: index)
            let ids = 0..<Int32(source.vocabularySize)
            try FuzzFault.require(
                (1...source.maximumLength).contains(sample.length)
                    && sample.segmentIDs.count == sample.length
                    && sample.segmentIDs.allSatisfy { $0 < 2 }
                    && sample.tokenIDs.allSatisfy(ids.contains)
                    && sample.maskedLabels.allSatisfy(ids.contains)
                    && sample.maskedLabels.count == sample.maskedPositions.count
                    && sample.maskedPositions.allSatisfy { (0..<sample.length).contains(Int($0)) }
                    && Set(sample.maskedPositions).count == sample.maskedPositions.count,
                "sample \(index) is none that a model can take: \(sample)")
        }
    }
}

/// Files in NVIDIA's layout.
struct NvidiaReader: FuzzReader {
    let name = "nvidia"
    let cost = 8
    let refusals: [any Error.Type] = [CorpusError.self, HDF5Error.self, FileError.self]

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let corpus = try CorpusDirectory(path: ShardReader.build(scratch))
        let source = try CorpusSource(
            [corpus], split: .train, settings: SampleSettings(sequenceLength: 24), seed: 7)
        let path = scratch + "/nvidia.h5"
        try? Paths.remove(path)
        try NvidiaFileWriter.write(
            source, epoch: 0, first: 0, count: min(4, source.sampleCount(epoch: 0)),
            predictions: 8, to: path)
        let sketch = try HDF5Sketch(
            reading: path,
            datasets: [
                "input_ids", "input_mask", "segment_ids", "masked_lm_positions", "masked_lm_ids",
                "next_sentence_labels",
            ], attributes: [])
        return [
            FuzzInput(files: [
                FuzzInput.File(
                    name: "a.h5", kind: .hdf5(sketch), bytes: try ScratchFiles.read(path))
            ])
        ]
    }

    func read(_ directory: String) throws {
        let source = try NvidiaHDF5Source(
            paths: [directory + "/a.h5"], vocabularySize: VocabularyReader.pieces.count,
            order: .shuffled, seed: 3)
        try ShardReader.check(source, below: 20)
    }
}
