public import Kernels
public import Tensors

/// Updates all parameters of a model from their gradients, and owns the moments.
///
/// It works on flat blocks of one layout and knows nothing of the model. Results do not depend on
/// the number of threads, nor on how the block is cut into ranges.
public final class Optimizer {
    /// The update rule and its constants.
    public let settings: OptimizerSettings
    /// Where the parameters lie in the blocks.
    public let layout: ParameterLayout
    /// The first moments (`exp_avg`), zero at the start; a checkpoint reads and writes them.
    public let firstMoment: Block<Float>
    /// The second moments (`exp_avg_sq`), zero at the start; a checkpoint reads and writes them.
    public let secondMoment: Block<Float>
    private let executor: KernelExecutor
    private let segments: [UpdateSegment]

    /// An optimizer of blocks of `layout`, with moments of zero.
    public init(settings: OptimizerSettings, layout: ParameterLayout, executor: KernelExecutor) {
        self.settings = settings
        self.layout = layout
        self.executor = executor
        firstMoment = Block(count: layout.count)
        secondMoment = Block(count: layout.count)
        segments = UpdateSegment.segments(of: layout, settings)
    }

    /// The global norm of `gradients`, times `scale`.
    ///
    /// It is finite if and only if all gradients are: squares of floats, summed in double
    /// precision, cannot overflow. The same for any number of threads.
    public func gradientNorm(_ gradients: Block<Float>, scale: Double = 1) -> Double {
        precondition(gradients.count == layout.count, "gradients of another layout")
        return executor.sumOfSquares(gradients.vector).squareRoot() * scale
    }

    /// Clips the gradients and updates moments and parameters.
    ///
    /// - Parameters:
    ///   - number: the updates that the moments have seen, this one included: 1 at the start. It
    ///     serves bias correction only, and so counts on where a later phase starts its schedule
    ///     anew with the moments kept.
    ///   - learningRate: the rate of this step.
    ///   - gradientNorm: the global norm of all gradients after `gradientScale`.
    ///   - gradientScale: what gradients are multiplied by first: 1 / loss scale.
    ///   - parameters: the parameters.
    ///   - gradients: the gradients; LAMB uses their memory, so they hold nothing of use after.
    ///   - range: the elements to update, all if nil; for LAMB it must not cut a tensor that
    ///     decays.
    /// - Precondition: blocks are of `layout`; `number >= 1`; the norm is finite: one gradient
    ///   that is not would spoil the moments for good, so the caller skips such a step.
    public func step(
        number: Int, learningRate: Double, gradientNorm: Double, gradientScale: Double = 1,
        parameters: Block<Float>, gradients: Block<Float>, range: Range<Int>? = nil
    ) {
        precondition(number >= 1, "steps count from 1")
        precondition(gradientNorm.isFinite, "gradients are not finite")
        precondition(
            parameters.count == layout.count && gradients.count == layout.count,
            "blocks of another layout")
        let range = range ?? 0..<layout.count
        precondition(range.lowerBound >= 0 && range.upperBound <= layout.count, "range too far")
        let adam = AdamStep(
            step: number, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
            gradientScale: gradientScale * settings.clipFactor(norm: gradientNorm),
            biasCorrection: settings.biasCorrection, learningRate: learningRate)
        for segment in segments {
            let part = segment.range.clamped(to: range)
            guard !part.isEmpty else { continue }
            let step = adam.decaying(by: segment.decays ? settings.weightDecay : 0)
            let operands = UpdateOperands(
                gradient: gradients[part], first: firstMoment[part], second: secondMoment[part],
                parameter: parameters[part])
            if segment.hasTrustRatio {
                precondition(part == segment.range, "range cuts a tensor that LAMB measures whole")
                let update = gradients[part]
                executor.lambUpdate(step, operands)
                let rate = learningRate * trustRatio(of: update, to: parameters[part])
                executor.subtract(update, times: Float(rate), from: parameters[part])
            } else {
                executor.adamW(step, operands)
            }
        }
    }

    /// |parameter| / |update|, or 1 where either is 0.
    private func trustRatio(of update: Vector<Float>, to parameter: Vector<Float>) -> Double {
        let parameterSquares = executor.sumOfSquares(parameter)
        let updateSquares = executor.sumOfSquares(update)
        guard parameterSquares > 0, updateSquares > 0 else { return 1 }
        return (parameterSquares / updateSquares).squareRoot()
    }
}
