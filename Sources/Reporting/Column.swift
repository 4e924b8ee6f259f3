/// A key of a record. One table per record determines what is written, read and plotted, in which
/// order.
struct Column<Record>: Sendable {
    let key: String
    let get: @Sendable (Record) -> JSONValue
    let set: @Sendable (inout Record, KeyedDecodingContainer<ColumnName>) throws -> Void

    static func integer(
        _ key: String, _ path: any WritableKeyPath<Record, Int> & Sendable
    ) -> Column {
        Column(
            key: key, get: { .integer($0[keyPath: path]) },
            set: { $0[keyPath: path] = try $1.decode(Int.self, forKey: ColumnName(key)) })
    }

    /// Null is read as NaN, because it was written for NaN or an infinity.
    static func number(
        _ key: String, _ path: any WritableKeyPath<Record, Double> & Sendable
    ) -> Column {
        Column(
            key: key, get: { .number($0[keyPath: path]) },
            set: {
                let name = ColumnName(key)
                let isNull = try $1.decodeNil(forKey: name)
                $0[keyPath: path] = isNull ? .nan : try $1.decode(Double.self, forKey: name)
            })
    }

    /// Null if there is no such number; a line of an earlier version may lack the key.
    static func optional(
        _ key: String, _ path: any WritableKeyPath<Record, Double?> & Sendable
    ) -> Column {
        Column(
            key: key, get: { $0[keyPath: path].map { .number($0) } ?? .null },
            set: {
                $0[keyPath: path] = try $1.decodeIfPresent(Double.self, forKey: ColumnName(key))
            })
    }

    /// The same for integers.
    static func optional(
        _ key: String, _ path: any WritableKeyPath<Record, Int?> & Sendable
    ) -> Column {
        Column(
            key: key, get: { $0[keyPath: path].map { .integer($0) } ?? .null },
            set: {
                $0[keyPath: path] = try $1.decodeIfPresent(Int.self, forKey: ColumnName(key))
            })
    }

    static func text(
        _ key: String, _ path: any WritableKeyPath<Record, String> & Sendable
    ) -> Column {
        Column(
            key: key, get: { .text($0[keyPath: path]) },
            set: { $0[keyPath: path] = try $1.decode(String.self, forKey: ColumnName(key)) })
    }
}

/// Any string as a coding key.
struct ColumnName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ key: String) { stringValue = key }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// A record made of columns.
protocol ColumnRecord {
    static var columns: [Column<Self>] { get }
    /// A record of zeros, to be filled by reading.
    static var blank: Self { get }
}

extension ColumnRecord {
    var members: [JSONValue.Member] {
        Self.columns.map { JSONValue.Member(key: $0.key, value: $0.get(self)) }
    }

    static func read(_ decoder: any Decoder) throws -> Self {
        let container = try decoder.container(keyedBy: ColumnName.self)
        var record = blank
        for column in columns { try column.set(&record, container) }
        return record
    }

    func write(_ encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ColumnName.self)
        for column in Self.columns {
            let name = ColumnName(column.key)
            switch column.get(self) {
            case .integer(let value): try container.encode(value, forKey: name)
            case .number(let value) where value.isFinite: try container.encode(value, forKey: name)
            case .text(let value): try container.encode(value, forKey: name)
            default: try container.encodeNil(forKey: name)
            }
        }
    }
}
