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

    /// Ranks that share the update take any ranges with AdamW.
    @Test func adamInRangesIsAdam() {
        let cuts = [0, 1, 870, 885, 1060, 40_001, oddLayout.count]
        let ranges: [Range<Int>?] = zip(cuts, cuts.dropFirst()).map { $0..<$1 } + [5..<5]
        #expect(
            TrainedModel(OptimizerSettings(), threads: 2, ranges: ranges)
                == TrainedModel(OptimizerSettings(), threads: 2))
    }

    /// With LAMB, ranges end where tensors end.
    @Test func lambInRangesOfTensorsIsLamb() {
        let settings = OptimizerSettings(name: .lamb)
        let ranges: [Range<Int>?] = oddLayout.parameters.map(\.range)
        #expect(
            TrainedModel(settings, threads: 2, ranges: ranges) == TrainedModel(settings, threads: 2)
        )
    }

    @Test func rangeTouchesNothingElse() {
        let optimizer = Optimizer(
            settings: OptimizerSettings(), layout: oddLayout, executor: KernelExecutor(threads: 2))
        let parameters = noise(oddLayout.count, seed: 1, size: 1)
        let start = values(parameters)
        optimizer.step(
            number: 1, learningRate: 0.1, gradientNorm: 1, parameters: parameters,
            gradients: noise(oddLayout.count, seed: 2, size: 1), range: 873..<1063)
        for index in 0..<oddLayout.count {
            let inside = (873..<1063).contains(index)
            #expect((parameters.vector[index] != start[index]) == inside)
            #expect((optimizer.secondMoment.vector[index] != 0) == inside)
        }
    }
}
