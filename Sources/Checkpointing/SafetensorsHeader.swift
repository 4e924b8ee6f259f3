import ExitCoding

/// Header of a safetensors file: a little-endian 64-bit length, then that many bytes of JSON with
/// each tensor's element type, shape and byte range in the rest of the file.
///
/// Validated as strictly as in the reference implementation (huggingface/safetensors): ranges are
/// in bounds, match their shape's size, do not overlap and leave no gaps.
struct SafetensorsHeader: Sendable {
    /// One tensor.
    struct Entry: Sendable, Equatable {
        var dtype: String
        var shape: [Int]
        /// Byte range, counted from the end of the header.
        var range: Range<Int>
    }

    var tensors: [String: Entry]
    var metadata: [String: String]

    /// The reference implementation's limit on the JSON's size.
    static let maximumByteCount = 100_000_000

    /// Size in bytes of one element, for every type of the format.
    static let elementSizes: [String: Int] = [
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2,
        "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
    ]

    /// Parses and validates the JSON.
    /// - Parameters:
    ///   - dataByteCount: size of the file after the header.
    init(json: [UInt8], dataByteCount: Int, path: String) throws {
        do throws(JSONCursor.Failure) {
            (tensors, metadata) = try SafetensorsParser.parse(json)
        } catch {
            throw CheckpointError(
                .badData, path, "header: \(error.message) at byte \(error.offset)")
        }
        try check(dataByteCount: dataByteCount, path: path)
    }

    private func check(dataByteCount: Int, path: String) throws {
        var end = 0
        let ordered = tensors.sorted {
            ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
                < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
        }
        for (key, entry) in ordered {
            let name = key.printable(limit: 200)
            guard let size = SafetensorsHeader.byteCount(entry) else {
                throw CheckpointError(
                    .badData, path,
                    "\(name): unknown type \(entry.dtype.printable(limit: 20)) or impossible shape \(entry.shape)"
                )
            }
            guard entry.range.count == size else {
                throw CheckpointError(
                    .badData, path,
                    "\(name): \(entry.dtype) of shape \(entry.shape) is not \(entry.range.count) bytes"
                )
            }
            guard entry.range.lowerBound == end else {
                throw CheckpointError(
                    .badData, path,
                    "\(name) starts at byte \(entry.range.lowerBound), the one before it ends at"
                        + " \(end)")
            }
            end = entry.range.upperBound
        }
        guard end == dataByteCount else {
            throw CheckpointError(
                .badData, path,
                "the tensors end at byte \(end), the file at \(dataByteCount); is it whole?")
        }
    }

    /// Bytes of a tensor of this type and shape, or nil if the type is unknown or the size
    /// overflows.
    private static func byteCount(_ entry: Entry) -> Int? {
        guard var size = elementSizes[entry.dtype] else { return nil }
        for extent in entry.shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            size = product
        }
        return size
    }
}
