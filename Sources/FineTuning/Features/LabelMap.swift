/// The names of classes, and the numbers the model knows them by: Hugging Face's `id2label`.
public struct LabelMap: Equatable, Sendable {
    /// The names; the id of a class is its place.
    public let names: [String]
    /// By their bytes: equal `String`s may differ in their code points.
    private let ids: [[UInt8]: Int]

    /// The label by which tokens are marked that take no part in the loss, as in PyTorch and
    /// Hugging Face.
    public static let ignored: Int32 = -100

    /// The number of classes.
    public var count: Int { names.count }

    /// Names in the order of their ids.
    ///
    /// - Returns: nil where a name comes twice.
    public init?(names: [String]) {
        var ids: [[UInt8]: Int] = [:]
        for (id, name) in names.enumerated() {
            guard ids.updateValue(id, forKey: Array(name.utf8)) == nil else { return nil }
        }
        self.names = names
        self.ids = ids
    }

    /// The names that occur in training data, sorted: by value where all are integers, else by
    /// their code points, as Hugging Face's examples do. The order of the data has no influence.
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

    /// The id of a name; nil where there is no such class.
    public func id(of name: String) -> Int? { ids[Array(name.utf8)] }

    /// Two names that a person takes for one: they differ in the form of accents, or in white space.
    var lookAlikes: (String, String)? {
        var seen: [String: String] = [:]
        for name in names {
            // `String`s are equal where they look alike.
            let plain = String(
                scalars: PythonText.split(name.unicodeScalars).joined(separator: [" "]))
            if let other = seen.updateValue(name, forKey: plain) { return (other, name) }
        }
        return nil
    }
}
