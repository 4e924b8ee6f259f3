import Kernels
import Tensors

/// Weight [outputs, inputs] and bias [outputs] of a dense layer, or their gradients.
struct DenseTensors {
    let weight: Matrix<Float>
    let bias: Vector<Float>
}

/// Tensors of one encoder layer, or their gradients.
struct LayerTensors {
    let queryKeyValue: DenseTensors
    let attentionOutput: DenseTensors
    let attentionNorm: LayerNormParameters
    let intermediate: DenseTensors
    let output: DenseTensors
    let outputNorm: LayerNormParameters
    /// Range of the whole layer in the flat block.
    let range: Range<Int>
}

/// Tensors of embeddings and encoder, or their gradients, as views of a flat block.
struct EncoderTensors {
    let embeddings: EmbeddingTables
    let wordEmbeddings: Matrix<Float>
    let positionAndSegmentEmbeddings: Vector<Float>
    let embeddingNorm: LayerNormParameters
    let layers: [LayerTensors]
    /// Range of the embeddings in the flat block.
    let embeddingRange: Range<Int>

    init(_ configuration: BERTConfiguration, _ views: TensorViews) {
        let prefix = "bert.embeddings"
        let token = views.matrix("\(prefix).word_embeddings.weight")
        let position = views.matrix("\(prefix).position_embeddings.weight")
        let segment = views.matrix("\(prefix).token_type_embeddings.weight")
        embeddings = EmbeddingTables(token: token, segment: segment, position: position)
        wordEmbeddings = token
        positionAndSegmentEmbeddings = views.joined(
            from: "\(prefix).position_embeddings.weight",
            through: "\(prefix).token_type_embeddings.weight")
        embeddingNorm = views.layerNorm(prefix)
        layers = (0..<configuration.layers).map {
            Self.layer(views, configuration, prefix: "bert.encoder.layer.\($0).")
        }
        embeddingRange = 0..<views.range("\(prefix).LayerNorm.bias").upperBound
    }

    private static func layer(
        _ views: TensorViews, _ configuration: BERTConfiguration, prefix: String
    ) -> LayerTensors {
        let name = "\(prefix)attention.self"
        let weights = views.joined(from: "\(name).query.weight", through: "\(name).value.weight")
        let biases = views.joined(from: "\(name).query.bias", through: "\(name).value.bias")
        let first = views.range("\(name).query.weight").lowerBound
        let last = views.range("\(prefix)output.LayerNorm.bias").upperBound
        return LayerTensors(
            queryKeyValue: DenseTensors(
                weight: weights.matrix(
                    rows: 3 * configuration.hiddenSize, columns: configuration.hiddenSize),
                bias: biases),
            attentionOutput: views.dense("\(prefix)attention.output.dense"),
            attentionNorm: views.layerNorm("\(prefix)attention.output"),
            intermediate: views.dense("\(prefix)intermediate.dense"),
            output: views.dense("\(prefix)output.dense"),
            outputNorm: views.layerNorm("\(prefix)output"), range: first..<last)
    }
}

/// Looks tensors up by the names of the layout.
struct TensorViews {
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
