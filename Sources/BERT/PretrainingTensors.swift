import Kernels
import Tensors

/// The tensors of the pre-training heads as views of a flat block, or the gradients to them.
struct PretrainingTensors {
    /// The token embedding, which is the decoder's weight.
    let tokenEmbedding: Matrix<Float>
    let pooler: DenseTensors
    let decoderBias: Vector<Float>
    let transform: DenseTensors
    let transformNorm: LayerNormParameters
    let nextSentence: DenseTensors
    /// The heads in the flat block.
    let range: Range<Int>

    init(_ views: TensorViews) {
        tokenEmbedding = views.matrix("bert.embeddings.word_embeddings.weight")
        pooler = views.dense("bert.pooler.dense")
        decoderBias = views.vector("cls.predictions.bias")
        transform = views.dense("cls.predictions.transform.dense")
        transformNorm = views.layerNorm("cls.predictions.transform")
        nextSentence = views.dense("cls.seq_relationship")
        range = views.range("bert.pooler.dense.weight").lowerBound..<views.layout.count
    }
}
