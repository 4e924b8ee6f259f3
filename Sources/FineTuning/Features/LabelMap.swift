/// Class names and their ids: Hugging Face's `id2label`.
public struct LabelMap: Equatable, Sendable {
    /// Class names, indexed by id.
    public let names: [String]
    /// Keyed by bytes: equal `String`s may differ in their code points.
    private let ids: [[UInt8]: Int]

    /// Label of tokens excluded from the loss, as in PyTorch and Hugging Face.
    public static let ignored: Int32 = -100

    /// Number of classes.
    public var count: Int { names.count }

    /// Makes a map of names in the order of their ids.
    ///
    /// - Returns: nil if a name occurs twice.
    public init?(names: [String]) {
        var ids: [[UInt8]: Int] = [:]
        for (id, name) in names.enumerated() {
            guard ids.updateValue(id, forKey: Array(name.utf8)) == nil else { return nil }
        }
        self.names = names
        self.ids = ids
    }

    /// Collects the distinct names of training data, sorted by value if all are integers, otherwise
    /// by code points, as Hugging Face's examples do. The order of the data has no influence.
    public init(collecting labels: some Sequence<String>) {
        let distinct = Set(labels.lazy.map { Array($0.utf8) }).map {
            String(decoding: $0, as: UTF8.self)
        }
        let numbers = distinct.compactMap { Int($0) }
        let sorted =
            numbers.count == distinct.count && Set(numbers).count == numbers.count
            ? distinct.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
            : distinct.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
        names = sorted
        ids = Dictionary(
            uniqueKeysWithValues: zip(sorted.map { Array($0.utf8) }, sorted.indices))
    }

    /// Values by class name.
    ///
    /// - Parameter values: one per class.
    func named(_ values: [Double]) -> [String: Double] {
        Dictionary(zip(names, values), uniquingKeysWith: { first, _ in first })
    }

    /// The id of a name; nil if no class has that name.
    public func id(of name: String) -> Int? { ids[Array(name.utf8)] }

    /// Two names that look the same to a person: they differ only in the form of accents or in
    /// white space.
    var lookAlikes: (String, String)? {
        var seen: [String: String] = [:]
        for name in names {
            // `String` equality uses canonical equivalence.
            let plain = String(
                scalars: PythonText.split(name.unicodeScalars).joined(separator: [" "]))
            if let other = seen.updateValue(name, forKey: plain) { return (other, name) }
        }
        return nil
    }
}
