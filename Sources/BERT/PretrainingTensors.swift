import Kernels
import Tensors

/// Tensors of the pre-training heads, or their gradients, as views of a flat block.
struct PretrainingTensors {
    /// Token embedding, which is the decoder's weight.
    let tokenEmbedding: Matrix<Float>
    let pooler: DenseTensors
    let decoderBias: Vector<Float>
    let transform: DenseTensors
    let transformNorm: LayerNormParameters
    let nextSentence: DenseTensors
    /// Range of the heads in the flat block.
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
