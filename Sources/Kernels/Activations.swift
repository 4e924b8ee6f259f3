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
private let lineElements = 16

extension KernelExecutor {
    /// `output` = activation of `input`, elementwise; they may be the same vector.
    public func activate(
        _ input: Vector<Float>, _ activation: Activation, into output: Vector<Float>
    ) {
        precondition(input.count == output.count, "counts differ")
        team.split(input.count, unit: lineElements) { part in
            rowKernels.gelu_forward(
                activation.code, part.count, input[part].base, output[part].base)
        }
    }

    /// `gradient` *= the activation's slope at `input`, elementwise.
    public func activateBackward(
        input: Vector<Float>, _ activation: Activation, gradient: Vector<Float>
    ) {
        precondition(input.count == gradient.count, "counts differ")
        team.split(input.count, unit: lineElements) { part in
            let gradient = gradient[part].base
            rowKernels.gelu_backward(
                activation.code, part.count, input[part].base, gradient, gradient)
        }
    }

    /// `values` = tanh of `values`, elementwise.
    public func tanh(_ values: Vector<Float>) {
        team.split(values.count, unit: lineElements) { part in
            let values = values[part].base
            rowKernels.tanh_forward(part.count, values, values)
        }
    }

    /// `gradient` *= the slope of tanh where its value was `output`, elementwise.
    public func tanhBackward(output: Vector<Float>, gradient: Vector<Float>) {
        precondition(output.count == gradient.count, "counts differ")
        team.split(output.count, unit: lineElements) { part in
            let gradient = gradient[part].base
            rowKernels.tanh_backward(part.count, output[part].base, gradient, gradient)
        }
    }

    /// `sums` [N] = the sum of the rows of `input` [M, N], or that added to `sums`.
    public func sumRows(_ input: Matrix<Float>, into sums: Vector<Float>, accumulate: Bool) {
        precondition(input.columns == sums.count, "widths differ")
        team.split(input.columns, unit: lineElements) { part in
            rowKernels.column_sums(
                input.rows, input.stride, part.lowerBound, part.upperBound, input.base,
                accumulate, sums.base)
        }
    }
}
