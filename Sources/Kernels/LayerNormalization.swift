import CKernels
public import Tensors

/// Gain and bias of a layer normalization, or their gradients: [N] each.
public struct LayerNormParameters {
    /// Gain, `LayerNorm.weight`.
    public let weight: Vector<Float>
    /// Bias, `LayerNorm.bias`.
    public let bias: Vector<Float>

    /// Creates the pair of `weight` and `bias`.
    ///
    /// - Precondition: their counts are equal.
    public init(weight: Vector<Float>, bias: Vector<Float>) {
        precondition(weight.count == bias.count, "counts differ")
        self.weight = weight
        self.bias = bias
    }
}

/// Mean and reciprocal standard deviation of each row [M], kept for the backward pass.
public struct LayerNormStatistics {
    let mean: Vector<Float>
    let reciprocalDeviation: Vector<Float>

    /// Creates the pair of `mean` and `reciprocalDeviation`, [M] each.
    public init(mean: Vector<Float>, reciprocalDeviation: Vector<Float>) {
        self.mean = mean
        self.reciprocalDeviation = reciprocalDeviation
    }
}

/// Residual connection before a layer normalization: `base` + dropout(input).
public struct Residual<E: TensorElement> {
    let base: Matrix<E>
    let dropout: Dropout
    let random: Vector<RandomRow>

    /// Creates the residual connection from `base` [M, N], with `dropout` on the other branch,
    /// whose rows have the addresses `random` [M].
    public init(_ base: Matrix<E>, dropout: Dropout, rows random: Vector<RandomRow>) {
        self.base = base
        self.dropout = dropout
        self.random = random
    }
}

extension KernelExecutor {
    /// Applies the layer normalization of Ba, Kiros and Hinton (2016) to each row of `input` [M, N]
    /// and writes `output` [M, N], which may be `input`. With a `residual`, `input` first becomes
    /// residual + dropout(input). It keeps that value, which the backward pass needs, unless it is
    /// `output`.
    public func layerNorm<E: TensorElement>(
        _ input: Matrix<E>, residual: Residual<E>? = nil, _ parameters: LayerNormParameters,
        epsilon: Float, into output: Matrix<E>, statistics: LayerNormStatistics
    ) {
        checkShapes(input, output, parameters, statistics)
        let (rows, columns) = (input.rows, input.columns)
        if let residual {
            precondition(residual.base.rows == rows && residual.base.columns == columns)
            precondition(residual.base.isContiguous, "matrix has gaps")
            residual.dropout.check(residual.random, rows: rows, columns: columns)
        }
        team.split(rows) { part in
            let first = part.lowerBound
            withUnsafePointer(to: (residual?.dropout ?? .none).parameters) { dropout in
                rowKernels(E.self).layer_norm_forward(
                    part.count, columns, input.row(first).base, residual?.base.row(first).base,
                    dropout, residual.map { $0.random.addresses + first },
                    parameters.weight.base, parameters.bias.base, epsilon,
                    output.row(first).base, statistics.mean.base + first,
                    statistics.reciprocalDeviation.base + first)
            }
        }
    }

    /// Turns `gradient` [M, N] from the gradient of the output into that of the normalized `input`,
    /// and computes `parameterGradients`.
    public func layerNormBackward<E: TensorElement>(
        input: Matrix<E>, _ parameters: LayerNormParameters, statistics: LayerNormStatistics,
        gradient: Matrix<E>, parameterGradients: LayerNormParameters, accumulate: Bool
    ) {
        checkShapes(input, gradient, parameters, statistics)
        precondition(parameterGradients.weight.count == parameters.weight.count, "widths differ")
        let (rows, columns) = (input.rows, input.columns)
        let (mean, deviation) = (statistics.mean.base, statistics.reciprocalDeviation.base)
        team.split(columns, unit: 16) { part in
            rowKernels(E.self).layer_norm_parameters(
                rows, columns, part.lowerBound, part.upperBound, input.base, mean, deviation,
                gradient.base, accumulate, parameterGradients.weight.base,
                parameterGradients.bias.base)
        }
        team.split(rows) { part in
            let first = part.lowerBound
            let gradient = gradient.row(first).base
            rowKernels(E.self).layer_norm_backward(
                part.count, columns, input.row(first).base, mean + first, deviation + first,
                parameters.weight.base, gradient, gradient)
        }
    }

    private func checkShapes<E: TensorElement>(
        _ input: Matrix<E>, _ output: Matrix<E>, _ parameters: LayerNormParameters,
        _ statistics: LayerNormStatistics
    ) {
        precondition(input.isContiguous && output.isContiguous, "matrix has gaps")
        precondition(input.rows == output.rows && input.columns == output.columns, "shapes differ")
        precondition(parameters.weight.count == input.columns, "widths differ")
        precondition(
            statistics.mean.count == input.rows
                && statistics.reciprocalDeviation.count == input.rows, "one statistic a row")
    }
}
