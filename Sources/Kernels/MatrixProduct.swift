import CKernels
import COpenBLAS
public import Tensors

/// A matrix as it enters a product: as it is, or transposed.
public struct Factor {
    let matrix: Matrix<Float>
    let isTransposed: Bool

    /// The matrix as it is stored.
    public static func plain(_ matrix: Matrix<Float>) -> Factor {
        Factor(matrix: matrix, isTransposed: false)
    }

    /// The transpose of the stored matrix.
    public static func transposed(_ matrix: Matrix<Float>) -> Factor {
        Factor(matrix: matrix, isTransposed: true)
    }

    var rows: Int { isTransposed ? matrix.columns : matrix.rows }
    var columns: Int { isTransposed ? matrix.rows : matrix.columns }

    func rows(_ range: Range<Int>) -> Factor {
        Factor(
            matrix: isTransposed ? matrix.columns(range) : matrix.rows(range),
            isTransposed: isTransposed)
    }

    func columns(_ range: Range<Int>) -> Factor {
        Factor(
            matrix: isTransposed ? matrix.rows(range) : matrix.columns(range),
            isTransposed: isTransposed)
    }
}

extension KernelExecutor {
    /// `output` [M, N] = `left` [M, K] x `right` [K, N] + `bias` [N], or that added to `output`
    /// if `accumulate`. Each element is summed in the order of K by fused multiply-adds, one chain
    /// for each 384 terms, whatever the number of threads; with the portable set, as OpenBLAS does.
    ///
    /// - Precondition: shapes match; `output` overlaps no input.
    public func multiply(
        _ left: Factor, _ right: Factor, bias: Vector<Float>? = nil, into output: Matrix<Float>,
        accumulate: Bool = false
    ) {
        precondition(left.rows == output.rows && right.columns == output.columns, "shapes differ")
        precondition(left.columns == right.rows, "depths differ")
        precondition(bias.map { $0.count == output.columns } ?? true, "bias has another width")
        // Cutting the longer side lets the threads pack the least twice.
        let byRows = output.rows >= output.columns
        team.split(
            byRows ? output.rows : output.columns, unit: byRows ? 14 : 32
        ) { part, thread in
            let scratch = gemmScratch(thread)
            if byRows {
                multiplyPart(
                    left.rows(part), right, bias: bias, into: output.rows(part),
                    accumulate: accumulate, scratch: scratch)
            } else {
                multiplyPart(
                    left, right.columns(part), bias: bias?[part], into: output.columns(part),
                    accumulate: accumulate, scratch: scratch)
            }
        }
    }

    /// A product on the calling thread, with that thread's `scratch`.
    func multiplyPart(
        _ left: Factor, _ right: Factor, bias: Vector<Float>? = nil, into output: Matrix<Float>,
        accumulate: Bool, scratch: UnsafeMutablePointer<Float>
    ) {
        if instructionSet == .portable {
            return multiplyWithOpenBLAS(
                left, right, bias: bias, into: output, accumulate: accumulate)
        }
        var task = bert_gemm_f32_task(
            rows: output.rows, columns: output.columns, depth: left.columns,
            a: UnsafePointer(left.matrix.base), a_stride: left.matrix.stride,
            a_transposed: left.isTransposed,
            b: UnsafePointer(right.matrix.base), b_stride: right.matrix.stride,
            b_transposed: right.isTransposed,
            c: output.base, c_stride: output.stride, accumulate: accumulate,
            bias: bias.map { UnsafePointer($0.base) })
        bert_gemm_f32(instructionSet.code, &task, scratch)
    }

    /// The product where this project has no kernel of its own for the processor.
    private func multiplyWithOpenBLAS(
        _ left: Factor, _ right: Factor, bias: Vector<Float>?, into output: Matrix<Float>,
        accumulate: Bool
    ) {
        guard output.rows > 0, output.columns > 0 else { return }
        if let bias {
            for row in 0..<output.rows {
                let target = output.row(row)
                if accumulate {
                    for column in 0..<target.count { target[column] += bias[column] }
                } else {
                    target.copy(from: bias)
                }
            }
        }
        let keep: Float = accumulate || bias != nil ? 1 : 0
        cblas_sgemm(
            CblasRowMajor, left.isTransposed ? CblasTrans : CblasNoTrans,
            right.isTransposed ? CblasTrans : CblasNoTrans, blasint(output.rows),
            blasint(output.columns), blasint(left.columns), 1, left.matrix.base,
            blasint(max(left.matrix.stride, 1)), right.matrix.base,
            blasint(max(right.matrix.stride, 1)), keep, output.base,
            blasint(max(output.stride, 1)))
    }
}
