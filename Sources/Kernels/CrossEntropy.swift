import CKernels
public import Tensors

extension KernelExecutor {
    /// Cross-entropy of each row of `logits` [M, C] to its label, in nats, into `losses` [M], and
    /// into `correct` [M] 1 where the label is the first of the largest logits.
    ///
    /// If there is a `gradientScale`, `logits` become that times the gradient of the summed losses.
    ///
    /// - Precondition: labels lie in `0..<C`.
    public func crossEntropy(
        _ logits: Matrix<Float>, labels: Vector<Int32>, gradientScale: Float?,
        losses: Vector<Float>, correct: Vector<UInt8>
    ) {
        precondition(logits.isContiguous && logits.rows == labels.count, "shapes differ")
        precondition(losses.count == labels.count && correct.count == labels.count)
        team.split(logits.rows) { part in
            rowKernels.cross_entropy(
                part.count, logits.columns, logits.row(part.lowerBound).base, labels[part].base,
                gradientScale != nil, gradientScale ?? 0, losses[part].base, correct[part].base)
        }
    }
}
