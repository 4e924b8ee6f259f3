import DurableFiles
import HDF5

/// The files `optimizer.K-of-N.h5`: each contains one contiguous range of the flat blocks of both
/// moments, as datasets `exp_avg` and `exp_avg_sq`; together they contain everything exactly once.
///
/// Attributes of each: `start`, `count` (this range), `total` (all parts), `optimizer` (its name).
enum OptimizerParts {
    /// Attributes of one part.
    struct Part: Sendable, Equatable {
        var path: String
        var range: Range<Int>
        var total: Int
        var optimizer: String
    }

    /// Writes one part, and reads it back.
    static func write(
        _ path: String, range: Range<Int>, total: Int, optimizer: String,
        firstMoment: Span<Float>, secondMoment: Span<Float>
    ) throws {
        precondition(range.lowerBound >= 0 && range.upperBound <= total, "range inside the block")
        precondition(firstMoment.count == range.count && secondMoment.count == range.count)
        try File.create(path) { file in
            try file.setAttribute("start", Int64(range.lowerBound))
            try file.setAttribute("count", Int64(range.count))
            try file.setAttribute("total", Int64(total))
            try file.setAttribute("optimizer", optimizer)
            try file.writeChecksummed("exp_avg", shape: [range.count], firstMoment)
            try file.writeChecksummed("exp_avg_sq", shape: [range.count], secondMoment)
        }
        let written = Part(path: path, range: range, total: total, optimizer: optimizer)
        guard try describe(path) == written else { throw lostWrite(path) }
        let file = try File.open(path)
        try file.verifyWritten("exp_avg", firstMoment)
        try file.verifyWritten("exp_avg_sq", secondMoment)
    }

    /// Opens all parts that a directory's names announce, and checks that they contain everything
    /// exactly once. A directory without parts is valid, because an imported model has no moments.
    static func open(_ directory: String) throws -> [Part] {
        let names = try Paths.names(in: directory).filter { $0.hasPrefix("optimizer.") }
        guard let first = names.first else { return [] }
        guard let count = Int(first.split(separator: "-").last?.dropLast(3) ?? ""), count > 0,
            count <= 1 << 20
        else {
            throw CheckpointError(
                .badData, Paths.join(directory, first), "is not named optimizer.K-of-N.h5")
        }
        var parts: [Part] = []
        for index in 0..<count {
            let name = CheckpointFiles.optimizerPart(index, of: count)
            guard names.contains(name) else {
                throw CheckpointError(
                    .missing, Paths.join(directory, name),
                    "is missing: the other parts say that there are \(count)")
            }
            parts.append(try describe(Paths.join(directory, name)))
        }
        if let other = names.first(where: { !$0.hasSuffix("-of-\(count).h5") }) {
            throw CheckpointError(
                .badData, Paths.join(directory, other),
                "does not belong to the other \(count) parts")
        }
        try checkCoverage(parts)
        return parts
    }

    private static func describe(_ path: String) throws -> Part {
        let file = try File.open(path)
        let start = Int(try file.attribute("start", as: Int64.self))
        let count = Int(try file.attribute("count", as: Int64.self))
        let total = Int(try file.attribute("total", as: Int64.self))
        guard start >= 0, count >= 0, total >= 0, start <= total, count <= total - start else {
            throw CheckpointError(
                .badData, path, "has the impossible range \(start)+\(count) of \(total)")
        }
        for name in ["exp_avg", "exp_avg_sq"] {
            let shape = try file.dataset(name).shape()
            guard shape == [count] else {
                throw CheckpointError(.badData, path, "\(name) has shape \(shape), not [\(count)]")
            }
        }
        return Part(
            path: path, range: start..<(start + count), total: total,
            optimizer: try file.textAttribute("optimizer"))
    }

    /// Throws unless all numbers of a part are finite.
    static func verifyNumbers(_ part: Part) throws {
        let file = try File.open(part.path)
        let piece = 1 << 20
        for name in ["exp_avg", "exp_avg_sq"] {
            let dataset = try file.dataset(name)
            for start in stride(from: 0, to: part.range.count, by: piece) {
                let rows = start..<min(start + piece, part.range.count)
                let values = try dataset.read(rows: rows, as: Float.self, maximumCount: piece)
                if let bad = values.firstIndex(where: { !$0.isFinite }) {
                    throw CheckpointError(
                        .badData, part.path,
                        "\(name) holds \(values[bad]) at element \(start + bad); the run that"
                            + " wrote it had diverged, take an earlier checkpoint")
                }
            }
        }
    }

    private static func checkCoverage(_ parts: [Part]) throws {
        var end = 0
        for part in parts.sorted(by: {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }) {
            guard part.range.lowerBound == end, part.total == parts[0].total,
                part.optimizer == parts[0].optimizer
            else {
                throw CheckpointError(
                    .badData, part.path,
                    "holds \(part.range) of \(part.total) for \(part.optimizer); the other parts end"
                        + " at \(end) of \(parts[0].total) for \(parts[0].optimizer)")
            }
            end = part.range.upperBound
        }
        guard end == parts[0].total else {
            throw CheckpointError(
                .badData, parts[0].path, "and its companions end at \(end) of \(parts[0].total)")
        }
    }

    /// Reads any ranges of both moments, one after the other, regardless of the parts' ranges.
    static func read(
        _ ranges: [Range<Int>], from parts: [Part], into firstMoment: inout MutableSpan<Float>,
        _ secondMoment: inout MutableSpan<Float>
    ) throws {
        let count = ranges.reduce(0) { $0 + $1.count }
        precondition(firstMoment.count == count && secondMoment.count == count)
        try firstMoment.withUnsafeMutableBufferPointer { first in
            try secondMoment.withUnsafeMutableBufferPointer { second in
                for part in parts {
                    try read(
                        ranges, from: part, [("exp_avg", first), ("exp_avg_sq", second)])
                }
            }
        }
    }

    /// Reads the part of `ranges` that one part contains; opens it only if that is not empty.
    private static func read(
        _ ranges: [Range<Int>], from part: Part,
        _ blocks: [(name: String, memory: UnsafeMutableBufferPointer<Float>)]
    ) throws {
        guard ranges.contains(where: { $0.overlaps(part.range) }) else { return }
        let file = try File.open(part.path)
        for (name, memory) in blocks {
            let dataset = try file.dataset(name)
            var start = 0
            for range in ranges {
                let overlap = part.range.clamped(to: range)
                if !overlap.isEmpty {
                    let place = overlap.shifted(by: start - range.lowerBound)
                    var values = UnsafeMutableBufferPointer(rebasing: memory[place]).mutableSpan
                    try dataset.read(
                        rows: overlap.shifted(by: -part.range.lowerBound), into: &values)
                }
                start += range.count
            }
        }
    }
}

extension Range<Int> {
    fileprivate func shifted(by offset: Int) -> Range<Int> {
        (lowerBound + offset)..<(upperBound + offset)
    }
}
