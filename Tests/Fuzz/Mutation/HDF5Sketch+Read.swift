import HDF5

extension HDF5Sketch {
    /// An attribute: of which group ("" is the root), and whether it is text.
    struct Attribute {
        var group = ""
        var name: String
        var isText = false
    }

    /// Contents of a small file under the given names.
    ///
    /// - Parameter groups: groups whose datasets are all taken, except those in `texts`.
    init(
        reading path: String, groups: [String] = [], datasets: [String] = [],
        texts: [String] = [], attributes: [Attribute]
    ) throws {
        let file = try File.open(path)
        self.groups = groups
        var datasets = datasets
        for group in groups {
            datasets += try file.group(group).names().map { "\(group)/\($0)" }
                .filter { !texts.contains($0) }
        }
        for name in datasets {
            let dataset = try file.dataset(name)
            var node = Node(path: name, values: .integers([]))
            node.type = try dataset.elementType() ?? .float32
            node.shape = try dataset.shape()
            switch node.type {
            case .float32, .float64:
                node.values = .numbers(try dataset.read(maximumCount: 1 << 20))
            default: node.values = .integers(try dataset.read(maximumCount: 1 << 20))
            }
            nodes.append(node)
        }
        for name in texts {
            let text = try file.readText(name, maximumByteCount: 1 << 20)
            nodes.append(Node(path: name, values: .text(text)))
        }
        for attribute in attributes {
            nodes.append(
                attribute.group.isEmpty
                    ? try Self.node(attribute, file)
                    : try Self.node(attribute, file.group(attribute.group)))
        }
    }

    private static func node(
        _ attribute: Attribute, _ owner: borrowing some AttributeOwner & ~Copyable
    ) throws(HDF5Error) -> Node {
        let values: Values =
            attribute.isText
            ? .text(try owner.textAttribute(attribute.name))
            : .integers([try owner.attribute(attribute.name)])
        return Node(path: attribute.group, attribute: attribute.name, values: values)
    }
}
