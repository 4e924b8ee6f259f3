import Kernels
import Tensors

extension Matrix where Element: TensorElement {
    /// First column with a non-finite number; nil if there is none.
    fileprivate var firstNotFiniteColumn: Int? {
        elements.buffer.firstIndex { !$0.float.isFinite }.map { $0 % columns }
    }

    fileprivate var isFinite: Bool { firstNotFiniteColumn == nil }
}

extension LayerActivations {
    /// Finds the layer's first part, in the order of the forward pass, whose output for `tokens`
    /// tokens is not finite. Outputs of dense parts before a normalization include the residual.
    func firstNotFinite(tokens: Int) -> String? {
        let projections = queryKeyValue.rows(tokens)
        if let column = projections.firstNotFiniteColumn {
            return "attention.self.\(["query", "key", "value"][column * 3 / projections.columns])"
        }
        return [
            ("attention.self", context), ("attention.output.dense", attentionSum),
            ("attention.output.LayerNorm", attentionOutput),
            ("intermediate.dense", intermediateInput),
            ("intermediate.intermediate_act_fn", intermediateOutput),
            ("output.dense", outputSum), ("output.LayerNorm", output),
        ].first { !$0.1.rows(tokens).isFinite }?.0
    }
}

extension Encoder {
    /// Finds the first module, in the order of the forward pass, whose output for the current batch
    /// was not finite; nil if all were finite. The last pass was a training pass with `dropouts`.
    /// The first layer with a non-finite output is recomputed, because a backward pass may have
    /// overwritten its activations.
    func firstNotFiniteOutput(_ dropouts: ModelDropouts) -> String? {
        if !embeddingSum.isFinite { return "bert.embeddings" }
        if !input(of: 0).isFinite { return "bert.embeddings.LayerNorm" }
        return (0..<layerCount).first { !input(of: $0 + 1).isFinite }.map { index in
            let part = recomputed(index, dropouts).firstNotFinite(tokens: output.rows)
            return "bert.encoder.layer.\(index).\(part ?? "output.LayerNorm")"
        }
    }
}

extension PretrainingHeads {
    var firstNotFiniteOutput: String {
        guard activations.pooled.rows(batch.sequences).isFinite else { return "bert.pooler.dense" }
        guard activations.nextLogits.rows(batch.sequences).isFinite else {
            return "cls.seq_relationship"
        }
        let part = [
            ("transform.dense", activations.transformInput),
            ("transform.transform_act_fn", activations.transformOutput),
            ("transform.LayerNorm", activations.normalized),
        ].first { !$0.1.rows(batch.masked).isFinite }?.0
        return "cls.predictions.\(part ?? "decoder")"
    }
}
