import HDF5

/// Mutations of an HDF5 file's contents: values, types, shapes, layouts, names.
struct HDF5SketchMutation {
    let texts: TextMutation
    /// Maximum number of values written.
    private static let maximumCount = 1 << 18

    func apply(_ sketch: inout HDF5Sketch, _ random: inout FuzzRandom) {
        guard !sketch.nodes.isEmpty else { return }
        let index = random.below(sketch.nodes.count)
        switch random.below(12) {
        case 0, 1, 2, 3: mutateValues(&sketch.nodes[index], &random)
        case 4, 5: mutateShape(&sketch.nodes[index], &random)
        case 6: sketch.nodes[index].type = random.pick(ElementType.allCases)
        case 7: mutateLayout(&sketch.nodes[index], &random)
        case 8: sketch.nodes.remove(at: index)
        case 9: exchange(&sketch, index, &random)
        case 10: replaceNode(&sketch, index, &random)
        default: rename(&sketch, index, &random)
        }
    }

    private func mutateValues(_ node: inout HDF5Sketch.Node, _ random: inout FuzzRandom) {
        switch node.values {
        case .text(let text):
            var bytes = Array(text.utf8)
            texts.apply(&bytes, &random)
            node.values = .text(String(decoding: bytes, as: UTF8.self))
        case .integers(var values):
            guard !values.isEmpty else { return }
            let place = random.below(values.count)
            switch random.below(6) {
            case 0: values[place] = random.pick(HostileValues.integers)
            case 1: values[place] &+= random.once(in: 2) ? 1 : -1
            case 2: values[place] = values[random.below(values.count)]
            case 3: values = values.map { _ in random.pick(HostileValues.integers) }
            case 4: values = Array(repeating: values[place], count: values.count)
            default: values.reverse()
            }
            node.values = .integers(values)
        case .numbers(var values):
            guard !values.isEmpty else { return }
            values[random.below(values.count)] = random.pick(HostileValues.doubles)
            node.values = .numbers(values)
        }
    }

    private func mutateShape(_ node: inout HDF5Sketch.Node, _ random: inout FuzzRandom) {
        guard node.attribute == nil else {
            node.shape = node.shape.isEmpty ? [1] : []
            return
        }
        let place = random.below(node.shape.count)
        switch random.below(7) {
        case 0 where !node.shape.isEmpty: node.shape[place] = 0
        case 1 where !node.shape.isEmpty: node.shape[place] += 1
        case 2 where node.shape.count > 0: node.shape.remove(at: place)
        case 3: node.shape.insert(random.below(4), at: place)
        case 4 where !node.shape.isEmpty: node.shape[place] = max(node.shape[place] - 1, 0)
        default:
            // Sizes without data: chunks that were never written take no space.
            let huge = [1 << 20, 1 << 31, 1 << 32, 1 << 40, 1 << 62]
            if node.shape.isEmpty { node.shape = [1] }
            for index in node.shape.indices where index == place || random.once(in: 3) {
                node.shape[index] = random.pick(huge)
            }
            node.isWritten = false
            node.layout = .chunked(node.shape.map { _ in 16 })
        }
        fit(&node)
    }

    /// Adjusts the number of values to the shape, and the rank of chunks.
    private func fit(_ node: inout HDF5Sketch.Node) {
        var count = 1
        for size in node.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            count = overflow ? .max : product
        }
        if count > Self.maximumCount {
            node.isWritten = false
            count = 0
        }
        if node.shape.isEmpty { node.layout = .contiguous }
        if let chunk = node.layout.chunk, chunk.count != node.shape.count {
            node.layout.chunk = node.shape.map { min(max($0, 1), 1024) }
        }
        switch node.values {
        case .integers(let values): node.values = .integers(Self.resized(values, count))
        case .numbers(let values): node.values = .numbers(Self.resized(values, count))
        case .text: break
        }
    }

    private static func resized<T: Numeric>(_ values: [T], _ count: Int) -> [T] {
        values.count >= count
            ? Array(values.prefix(count))
            : values + Array(repeating: values.last ?? 0, count: count - values.count)
    }

    private func mutateLayout(_ node: inout HDF5Sketch.Node, _ random: inout FuzzRandom) {
        guard node.attribute == nil, !node.shape.isEmpty else { return }
        let chunk = node.shape.map { min(max(1, $0 / (1 + random.below(3))), 1024) }
        node.layout = .chunked(
            chunk, extendible: random.once(in: 2), gzip: random.once(in: 2) ? 1 : nil,
            shuffle: random.once(in: 2), fletcher32: random.once(in: 2))
    }

    private func exchange(
        _ sketch: inout HDF5Sketch, _ index: Int, _ random: inout FuzzRandom
    ) {
        let other = random.below(sketch.nodes.count)
        let values = sketch.nodes[index].values
        sketch.nodes[index].values = sketch.nodes[other].values
        sketch.nodes[other].values = values
        for place in [index, other] { fit(&sketch.nodes[place]) }
    }

    /// Replaces a dataset by a group, numbers by a text, and the reverse.
    private func replaceNode(
        _ sketch: inout HDF5Sketch, _ index: Int, _ random: inout FuzzRandom
    ) {
        switch random.below(3) {
        case 0 where sketch.nodes[index].attribute == nil:
            sketch.groups.append(sketch.nodes.remove(at: index).path)
        case 1: sketch.nodes[index].values = .text(random.once(in: 2) ? "" : "17")
        default:
            sketch.nodes[index].values = .integers([17])
            fit(&sketch.nodes[index])
        }
    }

    private func rename(_ sketch: inout HDF5Sketch, _ index: Int, _ random: inout FuzzRandom) {
        let names = [
            "x", "", ".", "/", "a/b", "\u{1B}[31m", "é", String(repeating: "n", count: 300),
        ]
        let name = random.pick(names)
        if sketch.nodes[index].attribute != nil {
            sketch.nodes[index].attribute = name
        } else {
            let folder = sketch.nodes[index].path.split(separator: "/").dropLast()
            sketch.nodes[index].path = (folder + [Substring(name)]).joined(separator: "/")
        }
    }
}
