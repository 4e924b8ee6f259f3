internal import Yams

/// Reads untrusted YAML: size, nesting, aliases and nodes are limited, and only one document of
/// plain mappings, lists and scalars is accepted.
package struct YAMLReader {
    /// Maximum size of a configuration, in bytes. Real ones have a few kilobytes.
    static let maximumBytes = 256 << 10
    /// Maximum number of `[` and `{` in a file, and so of flow nesting, into which the parser
    /// recurses.
    private static let maximumBrackets = 2000
    /// Maximum indentation in columns, including dashes, which limits block nesting likewise.
    private static let maximumIndentation = 200
    /// Maximum number of `*alias` in a file. Aliases of aliases grow by e^(n/e) at worst: 130 000
    /// nodes for 32.
    private static let maximumAliases = 32
    /// Maximum number of nodes of a document after alias expansion.
    private static let maximumNodes = 20_000

    /// Name of the file, or the `--set` argument.
    let source: String
    /// Whether messages name a line of the source.
    let hasLines: Bool
    private var nodes = 0

    /// Parses a file's text. An empty document is an empty mapping.
    package static func file(_ text: String, name: String) throws(ConfigurationError) -> YAMLTree {
        var reader = YAMLReader(source: name, hasLines: true)
        return try reader.tree(text)
    }

    /// Parses the value of `--set key.path=value`.
    package static func argument(
        _ text: String, source: String
    ) throws(ConfigurationError) -> YAMLTree {
        var reader = YAMLReader(source: source, hasLines: false)
        return try reader.tree(text)
    }

    private init(source: String, hasLines: Bool) {
        self.source = source
        self.hasLines = hasLines
    }

    private mutating func tree(_ text: String) throws(ConfigurationError) -> YAMLTree {
        // Windows line ends and a byte order mark are accepted; a bare carriage return is not.
        var text = text.replacing("\r\n", with: "\n")
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        try checkLimits(text)
        let root: Node?
        do {
            root = try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch {
            throw translate(error)
        }
        guard let root else {
            return YAMLTree(content: .scalar("", plain: true), origin: origin(line: 1))
        }
        return try convert(root)
    }

    /// Throws for text that could exhaust the recursive parser's stack or time, before it is
    /// parsed.
    private func checkLimits(_ text: String) throws(ConfigurationError) {
        if text.utf8.count > Self.maximumBytes {
            throw failure(nil, "larger than \(Self.maximumBytes) bytes; is this a configuration?")
        }
        // YAML 1.1 also breaks lines at these, which would hide the following text from the checks
        // below.
        if let hidden = text.unicodeScalars.first(where: {
            "\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
        }) {
            throw failure(
                nil,
                "contains the line break \(hidden.escaped(asASCII: true)); use plain line feeds")
        }
        var brackets = 0
        var aliases = 0
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let indentation = line.prefix { " -?:".utf8.contains($0) }.count
            if indentation > Self.maximumIndentation {
                throw failure(index + 1, "nested too deeply (\(indentation) columns)")
            }
            if line.drop(while: { $0 == UInt8(ascii: " ") }).first == UInt8(ascii: "#") { continue }
            for byte in line {
                if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { brackets += 1 }
                if byte == UInt8(ascii: "*") { aliases += 1 }
            }
            if brackets > Self.maximumBrackets {
                throw failure(index + 1, "more than \(Self.maximumBrackets) brackets")
            }
            if aliases > Self.maximumAliases {
                throw failure(index + 1, "more than \(Self.maximumAliases) aliases (*name)")
            }
        }
    }

    private mutating func convert(_ node: Node) throws(ConfigurationError) -> YAMLTree {
        nodes += 1
        if nodes > Self.maximumNodes {
            throw failure(
                node.mark?.line, "more than \(Self.maximumNodes) values after following aliases")
        }
        let origin = origin(line: node.mark?.line)
        switch node {
        case .scalar(let scalar):
            try check(tag: scalar.tag, at: scalar.mark)
            return YAMLTree(
                content: .scalar(scalar.string, plain: scalar.style == .plain), origin: origin)
        case .sequence(let sequence):
            try check(tag: sequence.tag, at: sequence.mark)
            var items: [YAMLTree] = []
            for item in sequence { items.append(try convert(item)) }
            return YAMLTree(content: .sequence(items), origin: origin)
        case .mapping(let mapping):
            try check(tag: mapping.tag, at: mapping.mark)
            return YAMLTree(content: .mapping(try entries(mapping)), origin: origin)
        case .alias(let alias):
            throw failure(alias.mark?.line, "an alias that was not followed")
        }
    }

    private mutating func entries(
        _ mapping: Node.Mapping
    ) throws(ConfigurationError) -> [YAMLTree.Entry] {
        var entries: [YAMLTree.Entry] = []
        for (key, value) in mapping {
            guard case .scalar(let name) = key else {
                throw failure(key.mark?.line, "a key must be a name, found a list or a mapping")
            }
            let line = key.mark?.line
            if name.string == "<<" {
                throw failure(line, "merge keys (<<) are not supported; write the keys out")
            }
            let value = try convert(value)
            entries.append(
                YAMLTree.Entry(key: name.string, keyOrigin: origin(line: line), value: value))
        }
        return entries
    }

    /// The configuration's keys determine types, so `!!tags` could only mislead.
    private func check(tag: Tag, at mark: Mark?) throws(ConfigurationError) {
        let name = tag.description
        let ordinary = [
            "", "!", "tag:yaml.org,2002:str", Tag.Name.map.rawValue, Tag.Name.seq.rawValue,
        ]
        if !ordinary.contains(name) {
            throw failure(mark?.line, "tags (\(printable(name))) are not supported; leave it out")
        }
    }

    private func origin(line: Int?) -> YAMLTree.Origin {
        YAMLTree.Origin(
            location: hasLines ? line.map { "\(source):\($0)" } ?? source : source,
            isArgument: !hasLines)
    }

    private func failure(_ line: Int?, _ message: String) -> ConfigurationError {
        ConfigurationError(location: origin(line: line).location, message: message)
    }

    private func translate(_ error: any Error) -> ConfigurationError {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let during = context.map { " (\($0.text), which began in line \($0.mark.line))" } ?? ""
            return failure(mark.line, "not YAML: \(problem)\(hasLines ? during : "")")
        case .reader(let problem, _, let value, _):
            return failure(nil, "not YAML: \(problem) (0x\(String(value, radix: 16)))")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { printable($0) }.joined(separator: ", ")
            return failure(
                context.mark.line, "the key \(names) is given twice in the same place; keep one")
        default:
            return failure(nil, "not YAML: \(error)")
        }
    }
}
