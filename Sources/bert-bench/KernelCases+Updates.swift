import BERT
import Kernels
import Tensors

/// Kernels of the optimizer.
extension KernelCases {
    /// Number of elements for measuring update kernels, because the whole model would take much
    /// memory.
    private var updated: Int { 1 << 23 }

    private var updateCalls: Double {
        Double(ParameterLayout.pretraining(shape.configuration).count) / Double(updated)
    }

    /// A step as large as the parameters themselves, so that a wrong one shows in their sum.
    private var adam: AdamStep {
        AdamStep(
            step: 10, beta1: 0.9, beta2: 0.999, epsilon: 1e-6, gradientScale: 0.5,
            biasCorrection: true, learningRate: 1
        ).decaying(by: 0.01)
    }

    /// Gradient, moments and parameters. Second moments are squares, so all are made positive.
    private func operands() -> (blocks: [ResettableBlock], UpdateOperands) {
        let blocks = [
            random(1, updated), random(1, updated, 1),
            ResettableBlock(updated, sample: 2, offset: 2), random(1, updated, 3),
        ]
        let operands = UpdateOperands(
            gradient: blocks[0].vector, first: blocks[1].vector, second: blocks[2].vector,
            parameter: blocks[3].vector)
        return (blocks, operands)
    }

    func adamW() -> KernelCase {
        let (blocks, operands) = operands()
        return make("AdamW", 1, updated, passes: 7, calls: updateCalls, blocks) { [adam] in
            $0.adamW(adam, operands)
        }
    }

    func lamb() -> KernelCase {
        let (blocks, operands) = operands()
        return make("LAMB update", 1, updated, passes: 7, calls: 0, blocks) { [adam] in
            $0.lambUpdate(adam, operands)
        }
    }

    func subtract() -> KernelCase {
        let (update, parameter) = (random(1, updated), random(1, updated, 1))
        return make("subtract scaled", 1, updated, passes: 3, calls: 0, [parameter]) {
            $0.subtract(update.vector, times: 0.25, from: parameter.vector)
        }
    }

    func sumOfSquares() -> KernelCase {
        let (values, sum) = (random(1, updated), random(1, 1, 1))
        return make("sum of squares", 1, updated, passes: 1, calls: updateCalls, [sum]) {
            sum.vector[0] = Float($0.sumOfSquares(values.vector))
        }
    }
}
