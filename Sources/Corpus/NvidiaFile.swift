import DurableFiles
import HDF5

/// One file of rows in the layout of NVIDIA's DeepLearningExamples (its HDF5 era). Only the shapes
/// are read at first.
struct NvidiaFile: Sendable {
    let path: String
    /// Number of samples.
    let rows: Int
    /// Width of a row, in tokens.
    let length: Int
    /// Maximum number of predictions of a row.
    let predictions: Int

    enum Name {
        static let tokens = "input_ids"
        static let mask = "input_mask"
        static let segments = "segment_ids"
        static let positions = "masked_lm_positions"
        static let labels = "masked_lm_ids"
        static let next = "next_sentence_labels"
    }

    /// Wider rows and larger files, in tokens, are considered damaged.
    private static let maximumWidth = 1 << 16
    private static let maximumTokens = 1 << 36

    /// Opens `path` and checks that all six datasets exist, contain integers and match in shape.
    init(path: String) throws {
        self.path = path
        let file = try File.open(path)
        let tokens = try Self.shape(file, Name.tokens, rank: 2, path)
        let positions = try Self.shape(file, Name.positions, rank: 2, path)
        (rows, length, predictions) = (tokens[0], tokens[1], positions[1])
        let expected = [
            (Name.mask, [rows, length]), (Name.segments, [rows, length]),
            (Name.positions, [rows, predictions]), (Name.labels, [rows, predictions]),
        ]
        for (name, shape) in expected {
            let found = try Self.shape(file, name, rank: 2, path)
            guard found == shape else {
                throw CorpusError.damaged(
                    path: path, reason: "\(name) has the shape \(found), not \(shape)")
            }
        }
        let next = try Self.shape(file, Name.next, rank: 1, path)
        guard next[0] == rows, next.dropFirst().allSatisfy({ $0 == 1 }) else {
            throw CorpusError.damaged(
                path: path, reason: "\(Name.next) has the shape \(next), not [\(rows)]")
        }
        guard (1...Self.maximumWidth).contains(length),
            (0...Self.maximumWidth).contains(predictions),
            rows <= Self.maximumTokens / max(length, predictions)
        else {
            throw CorpusError.damaged(
                path: path,
                reason: "\(rows) rows of \(length) tokens and \(predictions) predictions are not "
                    + "plausible")
        }
    }

    private static func shape(
        _ file: borrowing File, _ name: String, rank: Int, _ path: String
    ) throws -> [Int] {
        guard try file.contains(name) else {
            throw CorpusError.damaged(
                path: path,
                reason: "it has no dataset \(name); files in NVIDIA's layout hold input_ids, "
                    + "input_mask, segment_ids, masked_lm_positions, masked_lm_ids and "
                    + "next_sentence_labels")
        }
        let dataset = try file.dataset(name)
        let type = try dataset.elementType()
        guard type != .float32, type != .float64 else {
            throw CorpusError.damaged(path: path, reason: "\(name) does not hold integers")
        }
        let shape = try dataset.shape()
        // Some writers store the labels as [rows, 1].
        guard shape.count == rank || (rank == 1 && shape.count == 2) else {
            throw CorpusError.damaged(
                path: path, reason: "\(name) has the shape \(shape), not \(rank) dimensions")
        }
        return shape
    }

    /// Digests that distinguish files of the same shapes.
    struct Digest: Sendable {
        /// Hash of name, size and SHA-256. Files of up to 16 MiB are hashed in full; of larger
        /// ones, eight evenly spaced pieces of 64 KiB, because hashing terabytes at each start
        /// would take hours.
        var current: String
        /// Digest of earlier versions: of the first and the last 64 KiB.
        var earlier: String

        private static let piece = 1 << 16
        private static let pieceCount = 8
        private static let wholeBytes = 16 << 20

        /// Hashes the file at `path`.
        init(of path: String) throws(FileError) {
            let file = try MappedFile(path: path)
            let size = file.bytes.count
            let prefix = "\(Paths.name(of: path)) \(size) "
            var edges = SHA256()
            edges.update(UnsafeRawBufferPointer(rebasing: file.bytes.prefix(Self.piece)))
            edges.update(UnsafeRawBufferPointer(rebasing: file.bytes.suffix(Self.piece)))
            earlier = prefix + edges.finish().description
            var hash = SHA256()
            if size <= Self.wholeBytes {
                hash.update(file.bytes)
            } else {
                for index in 0..<Self.pieceCount {
                    let start = (size - Self.piece) / (Self.pieceCount - 1) * index
                    let piece = file.bytes[start...].prefix(Self.piece)
                    hash.update(UnsafeRawBufferPointer(rebasing: piece))
                }
                hash.update(UnsafeRawBufferPointer(rebasing: file.bytes.suffix(Self.piece)))
            }
            current = prefix + hash.finish().description
        }
    }

    /// The files named by `paths`: files as they are, and all `.h5` and `.hdf5` files of
    /// directories in the order of their names.
    static func list(_ paths: [String]) throws -> [NvidiaFile] {
        var files: [NvidiaFile] = []
        for path in paths {
            guard try Paths.isDirectory(path) else {
                files.append(try NvidiaFile(path: path))
                continue
            }
            let names = try Paths.names(in: path).filter {
                $0.hasSuffix(".hdf5") || $0.hasSuffix(".h5")
            }
            guard !names.isEmpty else {
                throw CorpusError.noText("\(path): the directory holds no .hdf5 or .h5 files")
            }
            files += try names.map { try NvidiaFile(path: Paths.join(path, $0)) }
        }
        return files
    }
}
