import Kernels
import Tensors

/// A dense layer's weight [outputs, inputs] and bias [outputs], or the gradients to them.
struct DenseTensors {
    let weight: Matrix<Float>
    let bias: Vector<Float>
}

/// The tensors of one encoder layer, or the gradients to them.
struct LayerTensors {
    let queryKeyValue: DenseTensors
    let attentionOutput: DenseTensors
    let attentionNorm: LayerNormParameters
    let intermediate: DenseTensors
    let output: DenseTensors
    let outputNorm: LayerNormParameters
    /// All of the layer in the flat block.
    let range: Range<Int>
}

/// The tensors of a `BertForPreTraining` as views of a flat block of its layout.
struct PretrainingTensors {
    let embeddings: EmbeddingTables
    let wordEmbeddings: Matrix<Float>
    let positionAndSegmentEmbeddings: Vector<Float>
    let embeddingNorm: LayerNormParameters
    let layers: [LayerTensors]
    let pooler: DenseTensors
    let decoderBias: Vector<Float>
    let transform: DenseTensors
    let transformNorm: LayerNormParameters
    let nextSentence: DenseTensors
    /// The embeddings, and the heads, in the flat block.
    let embeddingRange: Range<Int>
    let headRange: Range<Int>

    init(_ configuration: BERTConfiguration, _ layout: ParameterLayout, _ block: Vector<Float>) {
        let source = Source(layout: layout, block: block)
        let prefix = "bert.embeddings"
        let token = source.matrix("\(prefix).word_embeddings.weight")
        let position = source.matrix("\(prefix).position_embeddings.weight")
        let segment = source.matrix("\(prefix).token_type_embeddings.weight")
        embeddings = EmbeddingTables(token: token, segment: segment, position: position)
        wordEmbeddings = token
        positionAndSegmentEmbeddings = source.joined(
            from: "\(prefix).position_embeddings.weight",
            through: "\(prefix).token_type_embeddings.weight")
        embeddingNorm = source.layerNorm(prefix)
        layers = (0..<configuration.layers).map {
            Self.layer(source, configuration, prefix: "bert.encoder.layer.\($0).")
        }
        pooler = source.dense("bert.pooler.dense")
        decoderBias = source.vector("cls.predictions.bias")
        transform = source.dense("cls.predictions.transform.dense")
        transformNorm = source.layerNorm("cls.predictions.transform")
        nextSentence = source.dense("cls.seq_relationship")
        embeddingRange = 0..<source.range("\(prefix).LayerNorm.bias").upperBound
        headRange = source.range("bert.pooler.dense.weight").lowerBound..<layout.count
    }

    private static func layer(
        _ source: Source, _ configuration: BERTConfiguration, prefix: String
    ) -> LayerTensors {
        let name = "\(prefix)attention.self"
        let weights = source.joined(from: "\(name).query.weight", through: "\(name).value.weight")
        let biases = source.joined(from: "\(name).query.bias", through: "\(name).value.bias")
        let first = source.range("\(name).query.weight").lowerBound
        let last = source.range("\(prefix)output.LayerNorm.bias").upperBound
        return LayerTensors(
            queryKeyValue: DenseTensors(
                weight: weights.matrix(
                    rows: 3 * configuration.hiddenSize, columns: configuration.hiddenSize),
                bias: biases),
            attentionOutput: source.dense("\(prefix)attention.output.dense"),
            attentionNorm: source.layerNorm("\(prefix)attention.output"),
            intermediate: source.dense("\(prefix)intermediate.dense"),
            output: source.dense("\(prefix)output.dense"),
            outputNorm: source.layerNorm("\(prefix)output"), range: first..<last)
    }
}

/// Looks tensors up by the names of the layout.
private struct Source {
    let layout: ParameterLayout
    let block: Vector<Float>

    func parameter(_ name: String) -> Parameter {
        guard let parameter = layout[name] else { preconditionFailure("no parameter \(name)") }
        return parameter
    }

    func range(_ name: String) -> Range<Int> { parameter(name).range }

    func vector(_ name: String) -> Vector<Float> { block[range(name)] }

    func matrix(_ name: String) -> Matrix<Float> {
        let parameter = parameter(name)
        return block[parameter.range].matrix(
            rows: parameter.shape[0], columns: parameter.shape[1])
    }

    func joined(from first: String, through last: String) -> Vector<Float> {
        block[range(first).lowerBound..<range(last).upperBound]
    }

    func dense(_ name: String) -> DenseTensors {
        DenseTensors(weight: matrix("\(name).weight"), bias: vector("\(name).bias"))
    }

    func layerNorm(_ name: String) -> LayerNormParameters {
        LayerNormParameters(
            weight: vector("\(name).LayerNorm.weight"), bias: vector("\(name).LayerNorm.bias"))
    }
}
