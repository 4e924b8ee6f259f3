import CKernels
public import Tensors

/// Gaussian error linear unit of Hendrycks and Gimpel (2016), under Hugging Face's names.
public enum Activation: String, Sendable, Codable, CaseIterable {
    /// x * Phi(x), computed with the error function.
    case gelu
    /// Google's approximation with tanh.
    case geluNew = "gelu_new"

    var code: bert_gelu_kind { self == .gelu ? BERT_GELU_ERF : BERT_GELU_TANH }
}

/// Elements per cache line: elementwise work is split between threads at multiples of it.
private let lineElements = 32

extension KernelExecutor {
    /// Sets `output` to the activation of `input`, elementwise; they may be the same vector.
    public func activate<E: TensorElement>(
        _ input: Vector<E>, _ activation: Activation, into output: Vector<E>
    ) {
        precondition(input.count == output.count, "counts differ")
        team.split(input.count, unit: lineElements) { part in
            rowKernels(E.self).gelu_forward(
                activation.code, part.count, input[part].base, output[part].base)
        }
    }

    /// Multiplies `gradient` by the activation's slope at `input`, elementwise.
    public func activateBackward<E: TensorElement>(
        input: Vector<E>, _ activation: Activation, gradient: Vector<E>
    ) {
        precondition(input.count == gradient.count, "counts differ")
        team.split(input.count, unit: lineElements) { part in
            let gradient = gradient[part].base
            rowKernels(E.self).gelu_backward(
                activation.code, part.count, input[part].base, gradient, gradient)
        }
    }

    /// Replaces `values` with their tanh, elementwise.
    public func tanh<E: TensorElement>(_ values: Vector<E>) {
        team.split(values.count, unit: lineElements) { part in
            let values = values[part].base
            rowKernels(E.self).tanh_forward(part.count, values, values)
        }
    }

    /// Multiplies `gradient` by the slope of tanh where its value was `output`, elementwise.
    public func tanhBackward<E: TensorElement>(output: Vector<E>, gradient: Vector<E>) {
        precondition(output.count == gradient.count, "counts differ")
        team.split(output.count, unit: lineElements) { part in
            let gradient = gradient[part].base
            rowKernels(E.self).tanh_backward(part.count, output[part].base, gradient, gradient)
        }
    }

    /// Sets `output` to `input`, each element rounded to nearest.
    public func round<E: TensorElement>(_ input: Vector<Float>, into output: Vector<E>) {
        precondition(input.count == output.count, "counts differ")
        team.split(input.count, unit: lineElements) { part in
            rowKernels(E.self).round(part.count, input[part].base, output[part].base)
        }
    }

    /// Sets `sums` [N] to the sum of the rows of `input` [M, N], or adds that sum to `sums`.
    public func sumRows<E: TensorElement>(
        _ input: Matrix<E>, into sums: Vector<Float>, accumulate: Bool
    ) {
        precondition(input.columns == sums.count, "widths differ")
        team.split(input.columns, unit: lineElements) { part in
            rowKernels(E.self).column_sums(
                input.rows, input.stride, part.lowerBound, part.upperBound, input.base,
                accumulate, sums.base)
        }
    }
}
