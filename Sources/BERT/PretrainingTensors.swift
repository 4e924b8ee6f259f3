import Kernels
import Tensors

/// The tensors of a `BertForPreTraining` as views of a flat block of its layout.
struct PretrainingTensors {
    let encoder: EncoderTensors
    let pooler: DenseTensors
    let decoderBias: Vector<Float>
    let transform: DenseTensors
    let transformNorm: LayerNormParameters
    let nextSentence: DenseTensors
    /// The heads in the flat block.
    let headRange: Range<Int>

    init(_ configuration: BERTConfiguration, _ layout: ParameterLayout, _ block: Vector<Float>) {
        let views = TensorViews(layout: layout, block: block)
        encoder = EncoderTensors(configuration, views)
        pooler = views.dense("bert.pooler.dense")
        decoderBias = views.vector("cls.predictions.bias")
        transform = views.dense("cls.predictions.transform.dense")
        transformNorm = views.layerNorm("cls.predictions.transform")
        nextSentence = views.dense("cls.seq_relationship")
        headRange = views.range("bert.pooler.dense.weight").lowerBound..<layout.count
    }
}
