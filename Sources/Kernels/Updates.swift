import CKernels
public import Tensors

/// One step of Adam's moments, shared by AdamW and LAMB.
public struct AdamStep: Sendable {
    private let beta1: Double
    private let beta2: Double
    private let epsilon: Double
    private let gradientScale: Double
    private let firstCorrection: Double
    private let secondCorrection: Double
    private let learningRate: Double
    private var weightDecay = 0.0

    /// Creates step `step` (from 1) of moments that decay by `beta1` and `beta2`.
    ///
    /// - Parameters:
    ///   - gradientScale: factor applied to the gradient first, for clipping and unscaling.
    ///   - biasCorrection: whether moments are divided by 1 - beta^step.
    public init(
        step: Int, beta1: Double, beta2: Double, epsilon: Double, gradientScale: Double,
        biasCorrection: Bool, learningRate: Double
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.gradientScale = gradientScale
        firstCorrection = biasCorrection ? 1 / (1 - Self.power(beta1, step)) : 1
        secondCorrection = biasCorrection ? 1 / (1 - Self.power(beta2, step)) : 1
        self.learningRate = learningRate
    }

    /// Returns the same step with `weightDecay`.
    public func decaying(by weightDecay: Double) -> AdamStep {
        var step = self
        step.weightDecay = weightDecay
        return step
    }

    /// Raises `base` to the power `exponent` by squaring. It uses only multiplications, so that all
    /// processors and C libraries agree.
    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var power = 1.0
        for bit in stride(from: Int.bitWidth - 1, through: 0, by: -1) {
            power *= power
            if exponent >> bit & 1 == 1 { power *= base }
        }
        return power
    }

    /// Step in the form that the kernels read.
    var parameters: bert_adam_step {
        bert_adam_step(
            beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
            first_weight: Float(1 - beta1), second_weight: Float(1 - beta2),
            weight_decay: Float(weightDecay), gradient_scale: Float(gradientScale),
            first_correction: Float(firstCorrection), second_correction: Float(secondCorrection),
            learning_rate: Float(learningRate))
    }
}

/// Flat blocks that an update works on, all restricted to the same range.
public struct UpdateOperands {
    let gradient: Vector<Float>
    let first: Vector<Float>
    let second: Vector<Float>
    let parameter: Vector<Float>

    /// Creates the blocks of gradient, first and second moment, and parameters: [n] each.
    ///
    /// - Precondition: their counts are equal.
    public init(
        gradient: Vector<Float>, first: Vector<Float>, second: Vector<Float>,
        parameter: Vector<Float>
    ) {
        let count = parameter.count
        precondition(gradient.count == count && first.count == count && second.count == count)
        self.gradient = gradient
        self.first = first
        self.second = second
        self.parameter = parameter
    }
}

extension KernelExecutor {
    /// Number of elements whose squares are summed to one term. Terms end at multiples of it,
    /// counted in the flat block, and are added in order. So a sum depends neither on the number of
    /// threads nor on how ranks share the block, if they split it at such multiples.
    public static let squareBlock = 1 << 12

    /// Returns the number of terms in the sum of squares of a range of the flat block.
    public static func squareTerms(of range: Range<Int>) -> Int {
        guard !range.isEmpty else { return 0 }
        return (range.upperBound - 1) / squareBlock - range.lowerBound / squareBlock + 1
    }

    /// Applies an AdamW step (Loshchilov and Hutter, 2019) to moments and parameters; with
    /// `biasCorrection` off, it is the step of Google's `AdamWeightDecayOptimizer`.
    public func adamW(_ step: AdamStep, _ operands: UpdateOperands) {
        team.split(operands.parameter.count, unit: 16) { part in
            withUnsafePointer(to: step.parameters) { step in
                updateKernels.adamw(
                    part.count, step, operands.gradient[part].base, operands.first[part].base,
                    operands.second[part].base, operands.parameter[part].base)
            }
        }
    }

    /// Applies a LAMB step (You et al., 2020) to the moments; the gradient becomes the update m /
    /// (sqrt(v) + epsilon) + decay x p, not yet scaled by the trust ratio.
    public func lambUpdate(_ step: AdamStep, _ operands: UpdateOperands) {
        team.split(operands.parameter.count, unit: 16) { part in
            withUnsafePointer(to: step.parameters) { step in
                let gradient = operands.gradient[part].base
                updateKernels.lamb_update(
                    part.count, step, gradient, operands.first[part].base,
                    operands.second[part].base, operands.parameter[part].base, gradient)
            }
        }
    }

    /// Subtracts `rate` x `update` from `parameter`.
    public func subtract(_ update: Vector<Float>, times rate: Float, from parameter: Vector<Float>)
    {
        precondition(update.count == parameter.count, "counts differ")
        team.split(parameter.count, unit: 16) { part in
            updateKernels.subtract_scaled(
                part.count, rate, update[part].base, parameter[part].base)
        }
    }

    /// Computes the sum of squares of `values` [n], which begin at `start` in the flat block, in
    /// double precision; the same for any number of threads.
    public func sumOfSquares(_ values: Vector<Float>, startingAt start: Int = 0) -> Double {
        let count = Self.squareTerms(of: start..<start + values.count)
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { terms in
            squareTerms(values, startingAt: start, into: terms)
            return terms.reduce(0, +)
        }
    }

    /// Returns the terms of that sum, `squareTerms(of: start..<start + n)` of them.
    public func squareTerms(
        _ values: Vector<Float>, startingAt start: Int,
        into terms: UnsafeMutableBufferPointer<Double>
    ) {
        let end = start + values.count
        precondition(terms.count == Self.squareTerms(of: start..<end), "another number of terms")
        nonisolated(unsafe) let terms = terms
        let first = start / Self.squareBlock
        team.split(terms.count) { part in
            for index in part {
                let lower = max(start, (first + index) * Self.squareBlock)
                let upper = min(end, (first + index + 1) * Self.squareBlock)
                let block = values[lower - start..<upper - start]
                terms[index] = updateKernels.sum_of_squares(block.count, block.base)
            }
        }
    }
}
