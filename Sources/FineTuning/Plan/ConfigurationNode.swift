/// A value of a configuration file before it has a type, with the place it was written at: what YAML
/// and JSON have in common.
public struct ConfigurationNode: Sendable {
    /// What stands there.
    public indirect enum Content: Sendable {
        /// Nothing.
        case null
        /// True or false.
        case boolean(Bool)
        /// A number as it was written.
        case number(String)
        /// Text.
        case text(String)
        /// A list.
        case list([ConfigurationNode])
        /// Keys and values in the order of the file.
        case mapping([Entry])
    }

    /// One key of a mapping.
    public struct Entry: Sendable {
        /// The key.
        public let key: String
        /// Where it stands, as `FILE:LINE`.
        public let location: String
        /// Its value.
        public let value: ConfigurationNode

        /// A key and its value.
        public init(key: String, location: String, value: ConfigurationNode) {
            self.key = key
            self.location = location
            self.value = value
        }
    }

    /// What stands there.
    public let content: Content
    /// Where, as `FILE:LINE`.
    public let location: String

    /// A value.
    public init(content: Content, location: String) {
        self.content = content
        self.location = location
    }

    /// The value of a JSON file.
    ///
    /// - Throws: `TaskDataError` where it is not JSON.
    public static func json(_ bytes: [UInt8], path: String) throws(TaskDataError) -> Self {
        let text = try TaskText(bytes, path: path, limits: TaskFileLimits())
        return Self(try JSONParser.parse(text.bytes[...], path: path), path: path)
    }

    private init(_ tree: JSONTree, path: String) {
        location = "\(visible(path, limit: 1000)):\(tree.line)"
        content =
            switch tree.content {
            case .null: .null
            case .boolean(let value): .boolean(value)
            case .number(let text): .number(text)
            case .text(let text): .text(text)
            case .list(let items): .list(items.map { ConfigurationNode($0, path: path) })
            case .object(let members):
                .mapping(
                    members.map {
                        let value = ConfigurationNode($0.value, path: path)
                        return Entry(key: $0.name, location: value.location, value: value)
                    })
            }
    }

    var isNull: Bool { if case .null = content { true } else { false } }

    /// What stands here, in the words of an error message.
    var found: String {
        switch content {
        case .null: "nothing"
        case .boolean(let value): value ? "true" : "false"
        case .number(let text): visible(text)
        case .text(let text): "\"\(visible(text))\""
        case .list(let items): "a list of \(items.count)"
        case .mapping(let entries): "a mapping of \(entries.count) keys"
        }
    }
}
