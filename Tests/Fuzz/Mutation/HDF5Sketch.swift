import HDF5

/// Contents of an HDF5 file, small enough to be mutated and rewritten.
struct HDF5Sketch {
    enum Values {
        case integers([Int64])
        case numbers([Double])
        case text(String)
    }

    /// A dataset, or an attribute of a group.
    struct Node {
        /// The dataset's path, or that of the attribute's group: "" is the root.
        var path: String
        /// The attribute's name; nil for a dataset.
        var attribute: String?
        var type = ElementType.int64
        var shape: [Int] = []
        var layout = DatasetLayout.contiguous
        var values: Values
        /// Whether the values are written; otherwise there is only a shape.
        var isWritten = true
    }

    var groups: [String] = []
    var nodes: [Node] = []

    /// Writes the file. Parts that HDF5 rejects are omitted, because the sketch may be invalid.
    func write(_ path: String) throws {
        do {
            try File.create(path, overwrite: true) { file in
                for group in groups { _ = try? file.createGroup(group) }
                for node in nodes {
                    if let name = node.attribute {
                        try? write(node, attribute: name, file)
                    } else {
                        try? write(node, file)
                    }
                }
            }
        } catch is HDF5Error {
            // The sketch records a name that was taken or a shape that was too large.
        }
    }

    private func write(
        _ node: Node, attribute name: String, _ file: borrowing File
    ) throws(HDF5Error) {
        if node.path.isEmpty {
            try node.set(name, node.type.sketched, on: file)
        } else {
            try node.set(name, node.type.sketched, on: try file.group(node.path))
        }
    }

    private func write(_ node: Node, _ file: borrowing File) throws(HDF5Error) {
        if case .text(let text) = node.values {
            var text = text
            while text.utf8.last == 0 { text.unicodeScalars.removeLast() }
            return try file.writeText(node.path, text)
        }
        let dataset = try file.createDataset(
            node.path, of: node.type, shape: node.shape, layout: node.layout)
        if node.isWritten { try node.write(node.type.sketched, to: dataset) }
    }
}

extension HDF5Sketch.Node {
    fileprivate func set<T: SketchElement>(
        _ name: String, _ type: T.Type, on owner: borrowing some AttributeOwner & ~Copyable
    ) throws(HDF5Error) {
        switch values {
        case .text(let text):
            try owner.setAttribute(name, String(text.filter { $0 != "\0" }.prefix(10_000)))
        case .integers(let values) where shape.isEmpty:
            try owner.setAttribute(name, T(integer: values.first ?? 0))
        case .numbers(let values) where shape.isEmpty:
            try owner.setAttribute(name, T(number: values.first ?? 0))
        case .integers(let values): try owner.setAttribute(name, values.map(T.init(integer:)))
        case .numbers(let values): try owner.setAttribute(name, values.map(T.init(number:)))
        }
    }

    fileprivate func write<T: SketchElement>(
        _ type: T.Type, to dataset: borrowing Dataset
    ) throws(HDF5Error) {
        switch values {
        case .text: break
        case .integers(let values): try dataset.write(values.map(T.init(integer:)))
        case .numbers(let values): try dataset.write(values.map(T.init(number:)))
        }
    }
}

/// A number type that a sketch's values are converted to.
private protocol SketchElement: HDF5Element {
    init(integer: Int64)
    init(number: Double)
}

extension SketchElement where Self: FixedWidthInteger {
    init(integer: Int64) { self.init(truncatingIfNeeded: integer) }
    init(number: Double) { self = Self(exactly: number.rounded()) ?? .max }
}

extension SketchElement where Self: BinaryFloatingPoint {
    init(integer: Int64) { self.init(integer) }
    init(number: Double) { self.init(number) }
}

extension Float: SketchElement {}
extension Double: SketchElement {}
extension Int8: SketchElement {}
extension UInt8: SketchElement {}
extension Int16: SketchElement {}
extension UInt16: SketchElement {}
extension Int32: SketchElement {}
extension Int64: SketchElement {}

extension ElementType {
    fileprivate var sketched: any SketchElement.Type {
        switch self {
        case .float32: Float.self
        case .float64: Double.self
        case .int8: Int8.self
        case .uint8: UInt8.self
        case .int16: Int16.self
        case .uint16: UInt16.self
        case .int32: Int32.self
        case .int64: Int64.self
        }
    }
}
