import HDF5
import Samples

/// Consecutive rows of one of NVIDIA's files, in memory.
struct NvidiaRows: Sendable {
    private let file: NvidiaFile
    private let firstRow: Int
    private let tokens: [Int32]
    private let mask: [Int8]
    private let segments: [Int8]
    private let positions: [Int32]
    private let labels: [Int32]
    private let next: [Int8]

    /// Reads `rows` of `file`. Stored integers of any width are converted. Those out of range are
    /// clamped, and the checks of `sample` then reject them.
    init(_ file: NvidiaFile, rows: Range<Int>) throws {
        self.file = file
        firstRow = rows.lowerBound
        let source = try File.open(file.path)
        tokens = try Self.read(source, NvidiaFile.Name.tokens, rows, width: file.length)
        mask = try Self.read(source, NvidiaFile.Name.mask, rows, width: file.length)
        segments = try Self.read(source, NvidiaFile.Name.segments, rows, width: file.length)
        positions = try Self.read(
            source, NvidiaFile.Name.positions, rows, width: file.predictions)
        labels = try Self.read(source, NvidiaFile.Name.labels, rows, width: file.predictions)
        next = try Self.read(source, NvidiaFile.Name.next, rows, width: 1)
    }

    private static func read<T: HDF5Element>(
        _ file: borrowing File, _ name: String, _ rows: Range<Int>, width: Int
    ) throws -> [T] {
        var values = [T](repeating: .zero, count: rows.count * width)
        var span = values.mutableSpan
        try file.dataset(name).read(rows: rows, into: &span)
        return values
    }

    /// Row `row` of the file.
    ///
    /// - Throws: `CorpusError.damaged` naming file, row and fault.
    func sample(
        row: Int, identity: SampleIdentity, vocabularySize: Int
    ) throws(CorpusError) -> PretrainingSample {
        let index = row - firstRow
        let columns = index * file.length..<(index + 1) * file.length
        let length = try length(of: mask[columns], row: row)
        let ids = tokens[columns].prefix(length)
        for (column, id) in ids.enumerated() where id < 0 || Int(id) >= vocabularySize {
            throw fault(
                row,
                "input_ids[\(column)] is \(id), but the vocabulary has \(vocabularySize) entries")
        }
        let sides = segments[columns].prefix(length)
        if let side = sides.first(where: { $0 != 0 && $0 != 1 }) {
            throw fault(row, "segment_ids holds \(side), not 0 or 1")
        }
        guard next[index] == 0 || next[index] == 1 else {
            throw fault(row, "next_sentence_labels is \(next[index]), not 0 or 1")
        }
        let masks = try predictions(
            row: row, index: index, length: length, vocabularySize: vocabularySize)
        return PretrainingSample(
            identity: identity, tokenIDs: Array(ids), segmentIDs: sides.map { UInt8($0) },
            maskedPositions: masks.map(\.position), maskedLabels: masks.map(\.label),
            isRandomNext: next[index] == 1)
    }

    /// Number of leading ones in `mask`.
    private func length(of mask: ArraySlice<Int8>, row: Int) throws(CorpusError) -> Int {
        let length = mask.firstIndex { $0 != 1 }.map { $0 - mask.startIndex } ?? mask.count
        guard length > 0, mask.dropFirst(length).allSatisfy({ $0 == 0 }) else {
            throw fault(row, "input_mask is not a row of ones followed by zeros")
        }
        return length
    }

    /// Predictions of a row, in ascending position. The file has no count of them. They end at the
    /// first position 0, which is that of `[CLS]` and never predicted.
    private func predictions(
        row: Int, index: Int, length: Int, vocabularySize: Int
    ) throws(CorpusError) -> [(position: Int32, label: Int32)] {
        let columns = index * file.predictions..<(index + 1) * file.predictions
        var masks: [(position: Int32, label: Int32)] = []
        for column in columns {
            let position = positions[column]
            let label = labels[column]
            if position == 0 { break }
            guard position > 0, Int(position) < length else {
                throw fault(
                    row, "masked_lm_positions holds \(position), but the row has \(length) tokens")
            }
            guard label >= 0, Int(label) < vocabularySize else {
                throw fault(
                    row,
                    "masked_lm_ids holds \(label), but the vocabulary has \(vocabularySize) "
                        + "entries")
            }
            masks.append((position, label))
        }
        masks.sort { $0.position < $1.position }
        for (mask, following) in zip(masks, masks.dropFirst())
        where mask.position == following.position {
            throw fault(row, "masked_lm_positions holds \(mask.position) twice")
        }
        return masks
    }

    private func fault(_ row: Int, _ reason: String) -> CorpusError {
        .damaged(path: file.path, reason: "row \(row): \(reason)")
    }
}
