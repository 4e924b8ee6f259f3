import Corpus
import DurableFiles
import HDF5
import Samples
import TemporaryDirectories
import Testing

/// Samples written in NVIDIA's layout.
@Suite struct NvidiaFileWriterTests {
    private let directory = TemporaryDirectory()

    private func samples(_ length: Int = 24) throws -> CorpusSource {
        let lengths = randomLengths(600, sentences: 9, tokens: 12)
        return try source(
            taggedDocuments(lengths), vocabulary: testVocabulary(700),
            settings: SampleSettings(
                sequenceLength: length, masking: MaskingSettings(maximumPredictions: 5)))
    }

    @Test("samples come back as they were, across blocks of rows", arguments: [0, 1])
    func roundTrip(epoch: Int) throws {
        let source = try samples()
        let path = directory.file("samples.hdf5")
        let count = source.sampleCount(epoch: epoch)
        #expect(count > 1100, "more than one block")
        try NvidiaFileWriter.write(
            source, epoch: epoch, first: 7, count: count - 9, predictions: 5, to: path)
        let read = try NvidiaHDF5Source(
            paths: [path], vocabularySize: 700, order: .sequential, seed: 3)
        #expect(read.sampleCount(epoch: 0) == count - 9 && read.maximumLength == 24)
        for index in 0..<(count - 9) {
            var expected = try source.sample(epoch: epoch, index: index + 7)
            expected.identity = SampleIdentity(epoch: 0, index: index)
            expected.document = nil
            #expect(try read.sample(epoch: 0, index: index) == expected)
        }
        #expect(try Paths.names(in: directory.path) == ["samples.hdf5"])
    }

    @Test("the file has NVIDIA's names, types and widths")
    func layout() throws {
        let path = directory.file("samples.hdf5")
        try NvidiaFileWriter.write(
            samples(), epoch: 0, first: 0, count: 3, predictions: 6, to: path)
        let file = try File.open(path)
        for (name, type, shape) in [
            ("input_ids", ElementType.int32, [3, 24]), ("input_mask", .int8, [3, 24]),
            ("segment_ids", .int8, [3, 24]), ("masked_lm_positions", .int32, [3, 6]),
            ("masked_lm_ids", .int32, [3, 6]), ("next_sentence_labels", .int8, [3]),
        ] {
            let dataset = try file.dataset(name)
            #expect(try dataset.elementType() == type && dataset.shape() == shape, "\(name)")
        }
    }

    @Test("a file that is there stays as it is")
    func keepsFiles() throws {
        try directory.write("samples.hdf5", "mine")
        #expect(throws: FileError.self) {
            try NvidiaFileWriter.write(
                samples(), epoch: 0, first: 0, count: 1, predictions: 5,
                to: directory.file("samples.hdf5"))
        }
        #expect(try Paths.size(of: directory.file("samples.hdf5")) == 4)
    }
}
