import CKernels
public import Tensors

/// The Gaussian error linear unit of Hendrycks and Gimpel (2016), by Hugging Face's names.
public enum Activation: String, Sendable, Codable, CaseIterable {
    /// x * Phi(x), by the error function.
    case gelu
    /// Google's approximation by tanh.
    case geluNew = "gelu_new"

    var code: bert_gelu_kind { self == .gelu ? BERT_GELU_ERF : BERT_GELU_TANH }
}

/// Elements of a cache line: threads cut elementwise work at its multiples.
private let lineElements = 32

extension KernelExecutor {
    /// `output` = activation of `input`, elementwise; they may be the same vector.
    public func activate<E: TensorElement>(
        _ input: Vector<E>, _ activation: Activation, into output: Vector<E>
    ) {
        precondition(input.count == output.count, "counts differ")
        team.split(input.count, unit: lineElements) { part in
            rowKernels(E.self).gelu_forward(
                activation.code, part.count, input[part].base, output[part].base)
        }
    }

    /// `gradient` *= the activation's slope at `input`, elementwise.
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

    /// `values` = tanh of `values`, elementwise.
    public func tanh<E: TensorElement>(_ values: Vector<E>) {
        team.split(values.count, unit: lineElements) { part in
            let values = values[part].base
            rowKernels(E.self).tanh_forward(part.count, values, values)
        }
    }

    /// `gradient` *= the slope of tanh where its value was `output`, elementwise.
    public func tanhBackward<E: TensorElement>(output: Vector<E>, gradient: Vector<E>) {
        precondition(output.count == gradient.count, "counts differ")
        team.split(output.count, unit: lineElements) { part in
            let gradient = gradient[part].base
            rowKernels(E.self).tanh_backward(part.count, output[part].base, gradient, gradient)
        }
    }

    /// `output` = `input`, each element rounded to the nearest.
    public func round<E: TensorElement>(_ input: Vector<Float>, into output: Vector<E>) {
        precondition(input.count == output.count, "counts differ")
        team.split(input.count, unit: lineElements) { part in
            rowKernels(E.self).round(part.count, input[part].base, output[part].base)
        }
    }

    /// `sums` [N] = the sum of the rows of `input` [M, N], or that added to `sums`.
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
