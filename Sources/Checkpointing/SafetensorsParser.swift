import ExitCoding

/// Parses exactly the JSON allowed in a safetensors header: an object of objects with known keys.
/// The depth is therefore fixed, duplicate names are rejected (general JSON parsers accept both),
/// and numbers are non-negative integers.
enum SafetensorsParser {
    /// Parses the tensors and free-form metadata of a header.
    static func parse(
        _ bytes: [UInt8]
    ) throws(JSONCursor.Failure) -> (
        tensors: [String: SafetensorsHeader.Entry], metadata: [String: String]
    ) {
        var json = JSONCursor(bytes: bytes)
        var tensors: [String: SafetensorsHeader.Entry] = [:]
        var metadata: [String: String]?
        try json.object { (json, name) throws(JSONCursor.Failure) in
            if name == "__metadata__" {
                guard metadata == nil else { throw json.failure("two __metadata__") }
                metadata = try metadataObject(&json)
            } else {
                guard tensors[name] == nil else {
                    throw json.failure("\(name.printable(limit: 200)) twice")
                }
                tensors[name] = try tensor(&json)
            }
        }
        // The header may be padded with spaces.
        try json.end()
        return (tensors, metadata ?? [:])
    }

    private static func metadataObject(
        _ json: inout JSONCursor
    ) throws(JSONCursor.Failure) -> [String: String] {
        var metadata: [String: String] = [:]
        try json.object { (json, key) throws(JSONCursor.Failure) in
            metadata[key] = try json.string()
        }
        return metadata
    }

    private static func tensor(
        _ json: inout JSONCursor
    ) throws(JSONCursor.Failure) -> SafetensorsHeader.Entry {
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        try json.object { (json, key) throws(JSONCursor.Failure) in
            switch key {
            case "dtype" where dtype == nil: dtype = try json.string()
            case "shape" where shape == nil: shape = try integers(&json, atMost: 32)
            case "data_offsets" where offsets == nil: offsets = try integers(&json, atMost: 2)
            default: throw json.failure("unexpected key \(key.printable(limit: 200))")
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
            throw json.failure("a tensor needs dtype, shape and two rising data_offsets")
        }
        return SafetensorsHeader.Entry(
            dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
    }

    private static func integers(
        _ json: inout JSONCursor, atMost limit: Int
    ) throws(JSONCursor.Failure) -> [Int] {
        var values: [Int] = []
        try json.expect(UInt8(ascii: "["))
        if json.take(UInt8(ascii: "]")) { return [] }
        repeat {
            guard values.count < limit else { throw json.failure("more than \(limit) numbers") }
            values.append(try json.integer())
        } while json.take(UInt8(ascii: ","))
        try json.expect(UInt8(ascii: "]"))
        return values
    }
}
