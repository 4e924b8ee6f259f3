import DurableFiles
import HDF5
import Samples

/// Writes samples as one HDF5 file in the layout of NVIDIA's `create_pretraining_data.py`, which
/// NVIDIA's trainer and `NvidiaHDF5Source` read. Rows are zero-padded to one width, positions end
/// at the first zero, and all datasets are compressed.
public enum NvidiaFileWriter {
    /// Rows made and written at a time.
    private static let blockRows = 1024

    /// Writes `count` samples of epoch `epoch` of `source`, starting at index `first`, to `path`.
    ///
    /// The file gets its name once it is complete and synced.
    ///
    /// - Parameter predictions: maximum per sample; the width of their datasets.
    /// - Throws: `FileError` if `path` exists or cannot be written, `HDF5Error` if writing fails,
    ///   and any error of `source`.
    /// - Precondition: the samples exist, and have at most `predictions` predictions.
    public static func write(
        _ source: some SampleSource, epoch: Int, first: Int, count: Int, predictions: Int,
        to path: String
    ) throws {
        precondition(
            first >= 0 && count >= 0 && first + count <= source.sampleCount(epoch: epoch),
            "the samples exist")
        try WholeFiles.createAtomically(path) { temporary in
            try File.create(temporary) { file in
                let datasets = try NvidiaDatasets(
                    in: file, rows: count, length: source.maximumLength, predictions: predictions)
                for start in stride(from: 0, to: count, by: blockRows) {
                    let block = start..<min(start + blockRows, count)
                    let samples = try block.map {
                        try source.sample(epoch: epoch, index: first + $0)
                    }
                    try datasets.write(samples, atRow: start)
                }
                try datasets.close()
            }
        }
    }
}

/// The six datasets of a file being written.
private struct NvidiaDatasets: ~Copyable {
    private let length: Int
    private let predictions: Int
    private let tokens: Dataset
    private let mask: Dataset
    private let segments: Dataset
    private let positions: Dataset
    private let labels: Dataset
    private let next: Dataset

    init(
        in file: borrowing File, rows: Int, length: Int, predictions: Int
    ) throws(HDF5Error) {
        // All are opened before any is stored, because a partially initialized value could not be
        // destroyed.
        let tokens = try Self.create(file, NvidiaFile.Name.tokens, .int32, [rows, length])
        let mask = try Self.create(file, NvidiaFile.Name.mask, .int8, [rows, length])
        let segments = try Self.create(file, NvidiaFile.Name.segments, .int8, [rows, length])
        let positions = try Self.create(
            file, NvidiaFile.Name.positions, .int32, [rows, predictions])
        let labels = try Self.create(file, NvidiaFile.Name.labels, .int32, [rows, predictions])
        let next = try Self.create(file, NvidiaFile.Name.next, .int8, [rows])
        (self.length, self.predictions) = (length, predictions)
        self.tokens = tokens
        self.mask = mask
        self.segments = segments
        self.positions = positions
        self.labels = labels
        self.next = next
    }

    private static func create(
        _ file: borrowing File, _ name: String, _ type: ElementType, _ shape: [Int]
    ) throws(HDF5Error) -> Dataset {
        let chunk = [min(1024, max(1, shape[0]))] + shape.dropFirst()
        return try file.createDataset(
            name, of: type, shape: shape, layout: .chunked(chunk, gzip: 4, shuffle: true))
    }

    func write(_ samples: [PretrainingSample], atRow row: Int) throws {
        try tokens.write(padded(samples, to: length) { $0.tokenIDs }, atRow: row)
        try mask.write(
            padded(samples, to: length) { [Int8](repeating: 1, count: $0.length) }, atRow: row)
        try segments.write(
            padded(samples, to: length) { $0.segmentIDs.map { Int8($0) } }, atRow: row)
        try positions.write(padded(samples, to: predictions) { $0.maskedPositions }, atRow: row)
        try labels.write(padded(samples, to: predictions) { $0.maskedLabels }, atRow: row)
        try next.write(samples.map { $0.isRandomNext ? Int8(1) : 0 }, atRow: row)
    }

    private func padded<T: FixedWidthInteger>(
        _ samples: [PretrainingSample], to width: Int, _ values: (PretrainingSample) -> [T]
    ) -> [T] {
        var rows: [T] = []
        rows.reserveCapacity(samples.count * width)
        for sample in samples {
            let row = values(sample)
            precondition(row.count <= width, "a row of \(row.count) fits into \(width)")
            rows += row
            rows += repeatElement(0, count: width - row.count)
        }
        return rows
    }

    /// Flushes and closes the datasets.
    consuming func close() throws(HDF5Error) {
        try tokens.close()
        try mask.close()
        try segments.close()
        try positions.close()
        try labels.close()
        try next.close()
    }
}
