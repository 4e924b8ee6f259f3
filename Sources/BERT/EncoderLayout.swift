import Tensors

extension ParameterLayout {
    /// Returns the layout of embeddings and encoder, in the order of the forward pass. A layer's
    /// query, key and value are adjacent, so that one product computes them.
    static func encoderEntries(_ configuration: BERTConfiguration) -> [Entry] {
        var entries = embeddingEntries(configuration)
        for layer in 0..<configuration.layers {
            entries += layerEntries(configuration, prefix: "bert.encoder.layer.\(layer).")
        }
        return entries
    }

    typealias Entry = (name: String, shape: [Int], decays: Bool)

    static func dense(_ name: String, inputs: Int, outputs: Int) -> [Entry] {
        [("\(name).weight", [outputs, inputs], true), ("\(name).bias", [outputs], false)]
    }

    static func layerNorm(_ name: String, _ size: Int) -> [Entry] {
        [("\(name).LayerNorm.weight", [size], false), ("\(name).LayerNorm.bias", [size], false)]
    }

    private static func embeddingEntries(_ configuration: BERTConfiguration) -> [Entry] {
        let size = configuration.hiddenSize
        let prefix = "bert.embeddings"
        return [
            ("\(prefix).word_embeddings.weight", [configuration.vocabularySize, size], true),
            ("\(prefix).position_embeddings.weight", [configuration.maximumPositions, size], true),
            ("\(prefix).token_type_embeddings.weight", [configuration.segmentKinds, size], true),
        ] + layerNorm(prefix, size)
    }

    private static func layerEntries(
        _ configuration: BERTConfiguration, prefix: String
    ) -> [Entry] {
        let size = configuration.hiddenSize
        let projections = ["query", "key", "value"].map { "\(prefix)attention.self.\($0)" }
        return projections.map { ("\($0).weight", [size, size], true) }
            + projections.map { ("\($0).bias", [size], false) }
            + dense("\(prefix)attention.output.dense", inputs: size, outputs: size)
            + layerNorm("\(prefix)attention.output", size)
            + dense(
                "\(prefix)intermediate.dense", inputs: size,
                outputs: configuration.intermediateSize)
            + dense(
                "\(prefix)output.dense", inputs: configuration.intermediateSize, outputs: size)
            + layerNorm("\(prefix)output", size)
    }
}
