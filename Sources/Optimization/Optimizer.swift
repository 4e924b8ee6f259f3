public import Kernels
public import Tensors

/// Updates the parameters of a model from their gradients, and owns the moments.
///
/// The optimizer works on flat blocks of one layout and knows nothing about the model. Ranks may
/// share the work: each then has an optimizer of its own shards, with moments for them only, and a
/// closure reduces the sums that span tensors. Results depend neither on the number of threads nor
/// on the distribution of the work.
public final class Optimizer {
    /// Update rule and its constants.
    public let settings: OptimizerSettings
    /// Location of each parameter in the blocks.
    public let layout: ParameterLayout
    /// Elements that this optimizer updates, in order.
    public let shards: [Range<Int>]
    /// Whether other ranks update the rest.
    public let isSharded: Bool
    /// First moments (`exp_avg`) of its elements, shard after shard, initially zero; a checkpoint
    /// reads and writes them.
    public let firstMoment: Block<Float>
    /// Second moments (`exp_avg_sq`), likewise.
    public let secondMoment: Block<Float>
    let executor: KernelExecutor
    let segments: [UpdateSegment]
    /// Part of each segment that this optimizer updates.
    let parts: [UpdatePart]

    /// Creates an optimizer of blocks of `layout`, with moments of zero.
    ///
    /// - Parameter shards: elements to update, in ascending ranges; nil updates all.
    /// - Precondition: shards end at multiples of `KernelExecutor.squareBlock`, or at the end of
    ///   the block, and do not overlap.
    public init(
        settings: OptimizerSettings, layout: ParameterLayout, executor: KernelExecutor,
        shards: [Range<Int>]? = nil
    ) {
        self.settings = settings
        self.layout = layout
        self.executor = executor
        isSharded = shards != nil
        let shards = (shards ?? [0..<layout.count]).filter { !$0.isEmpty }
        self.shards = shards
        Self.check(shards, layout)
        segments = UpdateSegment.segments(of: layout, settings)
        parts = UpdatePart.parts(of: segments, in: shards)
        let count = shards.reduce(0) { $0 + $1.count }
        firstMoment = Block(count: count)
        secondMoment = Block(count: count)
    }

    private static func check(_ shards: [Range<Int>], _ layout: ParameterLayout) {
        var end = 0
        for shard in shards {
            precondition(end <= shard.lowerBound, "shards overlap or are not in order")
            end = shard.upperBound
            precondition(end <= layout.count, "a shard ends after the block")
            for limit in [shard.lowerBound, end] where limit != layout.count {
                precondition(limit % KernelExecutor.squareBlock == 0, "a shard cuts a term")
            }
        }
    }

    /// Computes the global norm of `gradients`, times `scale`, if no other ranks share the work.
    ///
    /// It is finite if and only if all gradients are: squares of floats, summed in double
    /// precision, cannot overflow. It is the same for any number of threads.
    public func gradientNorm(_ gradients: Block<Float>, scale: Double = 1) -> Double {
        precondition(!isSharded, "the others' terms are needed")
        precondition(gradients.count == layout.count, "gradients of another layout")
        return executor.sumOfSquares(gradients.vector).squareRoot() * scale
    }

    /// Clips the gradients and updates moments and parameters, if no other ranks share the work.
    ///
    /// - Parameters:
    ///   - number: number of updates applied to the moments, including this one: 1 at the start. It
    ///     serves bias correction only, so it keeps counting if a later phase restarts its schedule
    ///     with the moments kept.
    ///   - learningRate: learning rate of this step.
    ///   - gradientNorm: global norm of all gradients after `gradientScale`.
    ///   - gradientScale: factor applied to the gradients first: 1 / loss scale.
    ///   - parameters: the parameters.
    ///   - gradients: the gradients; LAMB overwrites them, so their contents are meaningless
    ///     afterwards.
    /// - Precondition: blocks are of `layout`; `number >= 1`; the norm is finite: one non-finite
    ///   gradient would spoil the moments for good, so the caller skips such a step.
    public func step(
        number: Int, learningRate: Double, gradientNorm: Double, gradientScale: Double = 1,
        parameters: Block<Float>, gradients: Block<Float>
    ) {
        precondition(!isSharded, "the others' terms are needed")
        step(
            number: number, learningRate: learningRate, gradientNorm: gradientNorm,
            gradientScale: gradientScale, parameters: parameters, gradients: gradients
        ) { _ in }
    }

    /// Does the same if ranks may share the work: updates only this optimizer's shards of
    /// `parameters`, from its shards of `gradients`.
    ///
    /// - Parameter sumOverRanks: replaces each number by its sum over the ranks; called at most
    ///   once, by all ranks or none. All but one of the numbers are 0, so their order does not
    ///   matter.
    public func step(
        number: Int, learningRate: Double, gradientNorm: Double, gradientScale: Double = 1,
        parameters: Block<Float>, gradients: Block<Float>,
        sumOverRanks: (inout [Double]) throws -> Void
    ) rethrows {
        precondition(number >= 1, "steps count from 1")
        precondition(gradientNorm.isFinite, "gradients are not finite")
        precondition(
            parameters.count == layout.count && gradients.count == layout.count,
            "blocks of another layout")
        let adam = AdamStep(
            step: number, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
            gradientScale: gradientScale * settings.clipFactor(norm: gradientNorm),
            biasCorrection: settings.correctsBias, learningRate: learningRate)
        for part in parts {
            let segment = segments[part.segment]
            let step = adam.decaying(by: segment.decays ? settings.weightDecay : 0)
            let operands = UpdateOperands(
                gradient: gradients[part.range], first: firstMoment[part.moments],
                second: secondMoment[part.moments], parameter: parameters[part.range])
            guard segment.hasTrustRatio else {
                executor.adamW(step, operands)
                continue
            }
            executor.lambUpdate(step, operands)
            // While the tensor is still in the cache; ranks that share it have to wait.
            if !isSharded {
                let ratio = trustRatio(of: gradients, to: parameters, in: part.range)
                subtract(gradients, times: learningRate * ratio, from: parameters, in: part.range)
            }
        }
        guard isSharded, segments.contains(where: \.hasTrustRatio) else { return }
        let ratios = try trustRatios(of: gradients, to: parameters, sumOverRanks)
        for part in parts where segments[part.segment].hasTrustRatio {
            let rate = learningRate * ratios[part.segment]
            subtract(gradients, times: rate, from: parameters, in: part.range)
        }
    }

    private func subtract(
        _ update: Block<Float>, times rate: Double, from parameter: Block<Float>,
        in range: Range<Int>
    ) {
        executor.subtract(update[range], times: Float(rate), from: parameter[range])
    }

    private func trustRatio(
        of update: Block<Float>, to parameter: Block<Float>, in range: Range<Int>
    ) -> Double {
        Self.trustRatio(
            parameterSquares: executor.sumOfSquares(
                parameter[range], startingAt: range.lowerBound),
            updateSquares: executor.sumOfSquares(update[range], startingAt: range.lowerBound))
    }

    /// Returns |parameter| / |update|, or 1 if either is 0.
    static func trustRatio(parameterSquares: Double, updateSquares: Double) -> Double {
        guard parameterSquares > 0, updateSquares > 0 else { return 1 }
        return (parameterSquares / updateSquares).squareRoot()
    }
}
