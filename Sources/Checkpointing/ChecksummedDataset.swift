import DurableFiles
import Glibc
import HDF5

extension Container where Self: ~Copyable {
    /// Writes a dataset in chunks of about 1 MiB with HDF5's own checksums (Fletcher-32), so that
    /// every reader, including h5py, detects a damaged chunk.
    ///
    /// Each write consists of several whole chunks, so that other threads can use the HDF5 library,
    /// which serves one at a time, between two writes.
    func writeChecksummed(_ name: String, shape: [Int], _ values: Span<Float>) throws(HDF5Error) {
        guard let rows = shape.first, !values.isEmpty else {
            try writeDataset(name, shape: shape, values)
            return
        }
        let width = values.count / rows
        let rowsOfChunk = ChunkShape.rows(of: rows, width: width)
        let dataset = try createDataset(
            name, of: .float32, shape: shape,
            layout: .chunked(
                [rowsOfChunk] + shape.dropFirst(), fletcher32: true, cachesChunks: false))
        let step = rowsOfChunk * ChunkShape.chunksAtOnce
        for start in stride(from: 0, to: rows, by: step) {
            let end = min(start + step, rows)
            try dataset.write(values.extracting(start * width..<end * width), atRow: start)
        }
        try dataset.close()
    }

    /// Reads a dataset that ``writeChecksummed`` has written, and throws unless it contains exactly
    /// `values`, bit by bit.
    func verifyWritten(_ name: String, _ values: Span<Float>) throws {
        let dataset = try dataset(name)
        let shape = try dataset.shape()
        guard shape.reduce(1, *) == values.count else { throw lostWrite(dataset.place) }
        guard let rows = shape.first, !values.isEmpty else { return }
        let width = values.count / rows
        let step = ChunkShape.rows(of: rows, width: width) * ChunkShape.chunksAtOnce
        for start in stride(from: 0, to: rows, by: step) {
            let end = min(start + step, rows)
            let found = try dataset.read(
                rows: start..<end, as: Float.self, maximumCount: values.count)
            guard isSame(found, values.extracting(start * width..<end * width)) else {
                throw lostWrite(dataset.place)
            }
        }
    }
}

/// Whether two rows of numbers are bitwise equal.
private func isSame(_ first: [Float], _ second: Span<Float>) -> Bool {
    first.withUnsafeBytes { first in
        second.withUnsafeBytes { second in
            guard first.count == second.count else { return false }
            guard let a = first.baseAddress, let b = second.baseAddress else { return true }
            return memcmp(a, b, first.count) == 0
        }
    }
}

/// Error for a file whose content differs from what was written, although no write failed.
func lostWrite(_ path: String) -> FileError {
    FileError(
        .inputOutput, path,
        "does not hold what was written to it: the storage has lost a write; check the disk")
}

/// Chunk shapes of datasets.
enum ChunkShape {
    /// About 1 MiB.
    private static let elements = 1 << 18
    /// Chunks written while the library's lock is held: some milliseconds.
    static let chunksAtOnce = 4

    /// Rows per chunk: as few chunks as their size allows, of nearly equal size, because the last
    /// one takes the space of a full chunk.
    static func rows(of rows: Int, width: Int) -> Int {
        let most = max(1, elements / max(width, 1))
        let chunks = (rows + most - 1) / most
        return (rows + chunks - 1) / chunks
    }
}
