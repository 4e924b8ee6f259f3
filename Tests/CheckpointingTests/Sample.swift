import Checkpointing
import DurableFiles
import Tensors
import Tokenization

/// A file or directory of `Fixtures`, made by `Fixtures/generate.py`.
func fixture(_ name: String) -> String {
    Paths.join(Paths.parent(of: #filePath), "Fixtures/\(name)")
}

func bytes(_ path: String) throws -> [UInt8] {
    try WholeFiles.read(path, maximumByteCount: 1 << 30)
}

/// A small model with awkward shapes, and the complete contents of its checkpoint.
enum Sample {
    static let layout = ParameterLayout([
        ("bert.embeddings.word_embeddings.weight", [11, 3], true),
        ("bert.embeddings.LayerNorm.weight", [3], false),
        ("one", [1], true),
        ("deep", [2, 3, 1, 5], true),
        ("cls.predictions.bias", [11], false),
    ])

    static let description = ModelDescription(
        configuration: "{\"model_type\": \"bert\", \"vocab_size\": 11}\n",
        vocabulary: "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n中\nß\n",
        tokenizer: TokenizerSettings(lowercase: false))

    static func values(_ seed: Int) -> [Float] {
        (0..<layout.count).map { Float($0 * 31 % 97) * 0.125 - Float(seed) / 3 }
    }

    static func state(step: Int) -> TrainingState {
        var state = TrainingState()
        state.step = step
        state.samples = step * 256
        state.tokens = step * 256 * 100
        state.epoch = 3
        state.positionInEpoch = 17
        state.phase = 1
        state.phaseStep = step / 2
        state.seed = .max
        state.lossScale = 65536
        state.lossScaleCleanSteps = 12
        state.lossScaleHysteresisLeft = 1
        state.optimizerName = "lamb"
        state.resolvedConfiguration = String(repeating: "key: wert ä\n", count: 9000)
        state.corpusFingerprint = "0123abcd"
        return state
    }

    /// `parts` ranges that cover the block, some of them empty for many parts.
    static func ranges(_ parts: Int) -> [Range<Int>] {
        (0..<parts).map { index in
            let cut = { (i: Int) in i * i * layout.count / (parts * parts) }
            return cut(index)..<cut(index + 1)
        }
    }

    static func writePart(_ path: String, _ index: Int, of parts: Int, step: Int) throws {
        let range = ranges(parts)[index]
        let (first, second) = (Array(values(step + 1)[range]), Array(values(step + 2)[range]))
        let (a, b) = (first.span, second.span)
        try CheckpointWriter.writeOptimizerPart(
            path: path, index: index, of: parts, range: range, total: layout.count,
            optimizer: "lamb", firstMoment: a, secondMoment: b)
    }

    static func writeModel(_ writer: borrowing CheckpointWriter, step: Int) throws {
        let parameters = values(step)
        let span = parameters.span
        try CheckpointWriter.writeModel(
            path: writer.path, layout: layout, parameters: span, description: description,
            state: state(step: step))
    }

    @discardableResult
    static func publish(
        _ store: CheckpointStore, step: Int, parts: Int = 2
    ) throws -> Checkpoint {
        let writer = try CheckpointWriter.begin(
            in: store, step: step, parameterCount: layout.count)
        try writeModel(writer, step: step)
        for index in 0..<parts { try writePart(writer.path, index, of: parts, step: step) }
        return try writer.publish()
    }

    static func parameters(_ checkpoint: Checkpoint) throws -> [Float] {
        var block = [Float](repeating: 0, count: layout.count)
        var span = block.mutableSpan
        try checkpoint.readParameters(layout, into: &span)
        return block
    }

    static func moments(
        _ checkpoint: Checkpoint, _ ranges: Range<Int>..., layout: ParameterLayout = layout
    ) throws -> (first: [Float], second: [Float]) {
        var first = [Float](repeating: 0, count: ranges.reduce(0) { $0 + $1.count })
        var second = first
        var a = first.mutableSpan
        var b = second.mutableSpan
        try checkpoint.readMoments(ranges, of: layout, into: &a, &b)
        return (first, second)
    }
}
