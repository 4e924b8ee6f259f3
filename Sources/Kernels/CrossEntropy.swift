import CKernels
public import Tensors

extension KernelExecutor {
    /// Computes the cross-entropy between each row of `logits` [M, C] and its label, in nats, into
    /// `losses` [M]. `correct` [M] becomes 1 if the label is the first of the largest logits.
    ///
    /// With a `gradientScale`, the logits are overwritten by the gradient of the summed losses
    /// times that scale, each row at the address of its logits, and the gradient is returned: [M,
    /// C].
    ///
    /// - Precondition: labels lie in `0..<C`.
    @discardableResult
    public func crossEntropy<E: TensorElement>(
        _ logits: Matrix<Float>, labels: Vector<Int32>, gradientScale: Float?, as _: E.Type,
        losses: Vector<Float>, correct: Vector<UInt8>
    ) -> Matrix<E> {
        precondition(logits.isContiguous && logits.rows == labels.count, "shapes differ")
        precondition(losses.count == labels.count && correct.count == labels.count)
        team.split(logits.rows) { part in
            rowKernels(E.self).cross_entropy(
                part.count, logits.columns, logits.row(part.lowerBound).base, labels[part].base,
                gradientScale != nil, gradientScale ?? 0, losses[part].base, correct[part].base)
        }
        return logits.narrowed(to: E.self)
    }
}

extension Matrix<Float> {
    /// Returns a matrix of the same number of elements of another type, whose rows begin at the
    /// same addresses.
    func narrowed<E: TensorElement>(to _: E.Type) -> Matrix<E> {
        Matrix<E>(
            base: UnsafeMutableRawPointer(base).assumingMemoryBound(to: E.self), rows: rows,
            columns: columns, stride: stride * MemoryLayout<Float>.stride / MemoryLayout<E>.stride)
    }
}
