import FoundationEssentials

/// A file of `Golden/`; `Golden/generate.py` documents the origin of its numbers.
func golden<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    let path = packageRoot + "/Tests/FineTuningTests/Golden/" + name
    return try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path)))
}

/// Whether two numbers differ by rounding only.
func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-14) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}
