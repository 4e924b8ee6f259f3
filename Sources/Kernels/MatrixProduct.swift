import CKernels
public import Tensors

/// Factor of a product: a matrix as stored, or transposed.
public struct Factor {
    private let base: UnsafeMutableRawPointer
    private let storedRows: Int
    private let storedColumns: Int
    private let stride: Int
    private let isTransposed: Bool
    /// Storage format of the elements.
    let precision: Precision

    private init<E: TensorElement>(_ matrix: Matrix<E>, isTransposed: Bool) {
        self.init(
            base: UnsafeMutableRawPointer(matrix.base), storedRows: matrix.rows,
            storedColumns: matrix.columns, stride: matrix.stride, isTransposed: isTransposed,
            precision: E.precision)
    }

    private init(
        base: UnsafeMutableRawPointer, storedRows: Int, storedColumns: Int, stride: Int,
        isTransposed: Bool, precision: Precision
    ) {
        self.base = base
        self.storedRows = storedRows
        self.storedColumns = storedColumns
        self.stride = stride
        self.isTransposed = isTransposed
        self.precision = precision
    }

    /// Returns the matrix as stored.
    public static func plain<E: TensorElement>(_ matrix: Matrix<E>) -> Factor {
        Factor(matrix, isTransposed: false)
    }

    /// Returns the transpose of the stored matrix.
    public static func transposed<E: TensorElement>(_ matrix: Matrix<E>) -> Factor {
        Factor(matrix, isTransposed: true)
    }

    var rows: Int { isTransposed ? storedColumns : storedRows }
    var columns: Int { isTransposed ? storedRows : storedColumns }

    func rows(_ range: Range<Int>) -> Factor {
        isTransposed ? cut(columns: range) : cut(rows: range)
    }

    func columns(_ range: Range<Int>) -> Factor {
        isTransposed ? cut(rows: range) : cut(columns: range)
    }

    private func cut(rows: Range<Int>? = nil, columns: Range<Int>? = nil) -> Factor {
        let rows = rows ?? 0..<storedRows
        let columns = columns ?? 0..<storedColumns
        precondition(rows.lowerBound >= 0 && rows.upperBound <= storedRows, "rows out of bounds")
        precondition(
            columns.lowerBound >= 0 && columns.upperBound <= storedColumns, "columns out of bounds")
        let offset = rows.lowerBound * stride + columns.lowerBound
        return Factor(
            base: base + offset * precision.bytes, storedRows: rows.count,
            storedColumns: columns.count, stride: stride, isTransposed: isTransposed,
            precision: precision)
    }

    /// Factor in the form that the kernels read.
    var parameters: bert_factor {
        bert_factor(
            elements: base, storage: precision.code, stride: stride, transposed: isTransposed)
    }

    /// Factor in the form that OpenBLAS reads, if its elements are floats.
    var floats: OpenBLAS.Operand? {
        guard precision == .fp32 else { return nil }
        return OpenBLAS.Operand(
            base: UnsafePointer(base.assumingMemoryBound(to: Float.self)), stride: stride,
            isTransposed: isTransposed)
    }
}

/// Destination of a product's activation.
public struct Activated<E: TensorElement> {
    let activation: Activation
    let output: Matrix<E>

    /// Creates the destination of `activation` of the product, `output`.
    public init(_ activation: Activation, into output: Matrix<E>) {
        self.activation = activation
        self.output = output
    }

    func check(like product: Matrix<E>) {
        precondition(
            output.rows == product.rows && output.columns == product.columns, "shapes differ")
    }

    func rows(_ range: Range<Int>) -> Activated {
        Activated(activation, into: output.rows(range))
    }

    func columns(_ range: Range<Int>) -> Activated {
        Activated(activation, into: output.columns(range))
    }
}

extension KernelExecutor {
    /// Sets `output` [M, N] to `left` [M, K] x `right` [K, N] + `bias` [N], or adds that to
    /// `output` if `accumulate`.
    ///
    /// If one factor is stored in 16 bits, the other is rounded to the same precision on entry, so
    /// weights need no second copy. Sums are always fp32, and each element is summed in the order
    /// of K for any number of threads: with fp32 precision by fused multiply-adds, one chain for
    /// each 384 terms (or, with the portable set, as OpenBLAS does).
    ///
    /// - Parameter activated: receives an activation of the finished output, [M, N]; it may be
    ///   `output`.
    /// - Precondition: shapes match; 16-bit factors have the same type; `output` overlaps no input.
    public func multiply<E: TensorElement>(
        _ left: Factor, _ right: Factor, bias: Vector<Float>? = nil, into output: Matrix<E>,
        accumulate: Bool = false, activated: Activated<E>? = nil
    ) {
        precondition(left.rows == output.rows && right.columns == output.columns, "shapes differ")
        precondition(left.columns == right.rows, "depths differ")
        precondition(bias.map { $0.count == output.columns } ?? true, "bias has another width")
        if let activated { activated.check(like: output) }
        // Splitting the longer side minimizes what the threads pack twice.
        let byRows = output.rows >= output.columns
        team.split(
            byRows ? output.rows : output.columns, unit: byRows ? rowUnit : 32
        ) { part, thread in
            let scratch = gemmScratch(thread)
            if byRows {
                multiplyPart(
                    left.rows(part), right, bias: bias, into: output.rows(part),
                    accumulate: accumulate, activated: activated?.rows(part), scratch: scratch)
            } else {
                multiplyPart(
                    left, right.columns(part), bias: bias?[part], into: output.columns(part),
                    accumulate: accumulate, activated: activated?.columns(part),
                    scratch: scratch)
            }
        }
    }

    /// Rows of C that a kernel computes at once.
    private var rowUnit: Int { instructionSet == .amx ? 32 : 14 }

    /// Computes a product on the calling thread, with that thread's `scratch`.
    func multiplyPart<E: TensorElement>(
        _ left: Factor, _ right: Factor, bias: Vector<Float>? = nil, into output: Matrix<E>,
        accumulate: Bool, activated: Activated<E>? = nil, scratch: UnsafeMutableRawPointer
    ) {
        if let openBLAS, left.precision == .fp32, right.precision == .fp32,
            let floats = output as? Matrix<Float>
        {
            multiply(
                left, right, with: openBLAS, bias: bias, into: floats, accumulate: accumulate)
            if let activated { activate(output, activated) }
            return
        }
        var task = bert_gemm_task(
            rows: output.rows, columns: output.columns, depth: left.columns, a: left.parameters,
            b: right.parameters, precision: Self.precision(of: left, right).code, c: output.base,
            c_storage: E.precision.code, c_stride: output.stride, accumulate: accumulate,
            bias: bias.map { UnsafePointer($0.base) }, activated: activated?.output.base,
            activated_stride: activated?.output.stride ?? 0,
            activation: (activated?.activation ?? .gelu).code)
        bert_gemm(instructionSet.code, &task, scratch)
    }

    /// Computes the activation of a product for which this project has no kernel.
    private func activate<E: TensorElement>(_ product: Matrix<E>, _ activated: Activated<E>) {
        for row in 0..<product.rows {
            rowKernels(E.self).gelu_forward(
                activated.activation.code, product.columns, product.row(row).base,
                activated.output.row(row).base)
        }
    }

    /// Returns the precision to which both factors are rounded.
    private static func precision(of left: Factor, _ right: Factor) -> Precision {
        guard left.precision != .fp32 else { return right.precision }
        precondition(
            right.precision == .fp32 || right.precision == left.precision, "precisions differ")
        return left.precision
    }

    /// Computes the product if this project has no kernel for the processor.
    private func multiply(
        _ left: Factor, _ right: Factor, with openBLAS: OpenBLAS, bias: Vector<Float>?,
        into output: Matrix<Float>, accumulate: Bool
    ) {
        guard output.rows > 0, output.columns > 0 else { return }
        guard let a = left.floats, let b = right.floats else { return }
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
        openBLAS.multiply(
            a, b, rows: output.rows, columns: output.columns, depth: left.columns,
            accumulate: accumulate || bias != nil, into: output.base, stride: output.stride)
    }
}
