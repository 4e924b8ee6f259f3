public import Tensors

extension ParameterLayout {
    /// The parameters of Hugging Face's `BertForPreTraining`, in the order of the forward pass:
    /// the backward pass completes their gradients from the end of the block to its start. The
    /// decoder's weight is the token embedding and appears once.
    ///
    /// A layer's query, key and value follow each other, so that one product computes them.
    public static func pretraining(_ configuration: BERTConfiguration) -> ParameterLayout {
        var entries = embeddingEntries(configuration)
        for layer in 0..<configuration.layers {
            entries += layerEntries(configuration, prefix: "bert.encoder.layer.\(layer).")
        }
        return ParameterLayout(entries + headEntries(configuration))
    }

    private typealias Entry = (name: String, shape: [Int], decays: Bool)

    private static func dense(_ name: String, inputs: Int, outputs: Int) -> [Entry] {
        [("\(name).weight", [outputs, inputs], true), ("\(name).bias", [outputs], false)]
    }

    private static func layerNorm(_ name: String, _ size: Int) -> [Entry] {
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

    private static func headEntries(_ configuration: BERTConfiguration) -> [Entry] {
        let size = configuration.hiddenSize
        return dense("bert.pooler.dense", inputs: size, outputs: size)
            + [("cls.predictions.bias", [configuration.vocabularySize], false)]
            + dense("cls.predictions.transform.dense", inputs: size, outputs: size)
            + layerNorm("cls.predictions.transform", size)
            + dense("cls.seq_relationship", inputs: size, outputs: 2)
    }
}
