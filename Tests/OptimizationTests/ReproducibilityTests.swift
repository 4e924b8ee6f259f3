import Kernels
import Optimization
import Tensors
import Testing

@Suite struct ReproducibilityTests {
    static let rules = [
        OptimizerSettings(), OptimizerSettings(biasCorrection: true),
        OptimizerSettings(name: .lamb),
    ]

    @Test(arguments: rules) func threadsDoNotChangeABit(_ settings: OptimizerSettings) {
        let alone = TrainedModel(settings, threads: 1)
        #expect(TrainedModel(settings, threads: 2) == alone)
        #expect(TrainedModel(settings, threads: 3) == alone)
    }

    @Test func threadsDoNotChangeTheNorm() {
        let gradients = noise(oddLayout.count, seed: 9, size: 3)
        let norms = (1...3).map { threads in
            Optimizer(
                settings: OptimizerSettings(), layout: oddLayout,
                executor: KernelExecutor(threads: threads)
            ).gradientNorm(gradients)
        }
        #expect(norms[0] == norms[1] && norms[0] == norms[2])
    }
}
