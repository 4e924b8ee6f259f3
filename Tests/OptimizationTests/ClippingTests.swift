import Kernels
import Optimization
import Tensors
import Testing

@Suite struct ClippingTests {
    @Test func factorIsThatOfTheReference() {
        let settings = OptimizerSettings(clipNorm: 1)
        #expect(settings.clipFactor(norm: 0) == 1)
        #expect(settings.clipFactor(norm: 0.5) == 1)
        #expect(settings.clipFactor(norm: 4) == 1 / 4.000001)
        #expect(OptimizerSettings(clipNorm: 2.5).clipFactor(norm: 5) == 2.5 / 5.000001)
    }

    @Test func zeroAndNilTurnClippingOff() {
        for clip in [0, nil] as [Double?] {
            let settings = OptimizerSettings(clipNorm: clip)
            #expect(settings.clippingNorm == nil)
            #expect(settings.clipFactor(norm: 1e30) == 1)
        }
    }

    @Test func defaultsAreGooglesAndNvidias() {
        #expect(OptimizerSettings().name == .adamw)
        #expect(!OptimizerSettings(name: .adamw).correctsBias)
        #expect(OptimizerSettings(name: .lamb).correctsBias)
        #expect(OptimizerSettings(name: .adamw, biasCorrection: true).correctsBias)
        #expect(!OptimizerSettings(name: .lamb, biasCorrection: false).correctsBias)
        #expect(OptimizerSettings.Name.allCases.map(\.rawValue) == ["adamw", "lamb"])
    }

    /// Unscaling and clipping act on the gradient as if it had been small from the start.
    @Test func scaledAndClippedGradientsGiveTheSameStep() {
        let layout = ParameterLayout([(name: "weight", shape: [1031], decays: true)])
        var results: [[Float]] = []
        for (size, scale) in [(Float(0.5), 1.0), (Float(512), 1.0 / 1024)] {
            let optimizer = Optimizer(
                settings: OptimizerSettings(clipNorm: 0.5), layout: layout,
                executor: KernelExecutor(threads: 1))
            let gradients = noise(layout.count, seed: 5, size: size)
            let parameters = noise(layout.count, seed: 6, size: 1)
            optimizer.step(
                number: 1, learningRate: 0.125,
                gradientNorm: optimizer.gradientNorm(gradients, scale: scale),
                gradientScale: scale, parameters: parameters, gradients: gradients)
            results.append(values(parameters))
        }
        #expect(results[0] == results[1])
    }

    @Test(arguments: [1, 7, 8, 9, 65_535, 65_536, 65_537, 200_003])
    func normOfOnesIsTheRootOfTheCount(_ count: Int) {
        let layout = ParameterLayout([(name: "weight", shape: [count], decays: true)])
        let optimizer = Optimizer(
            settings: OptimizerSettings(), layout: layout, executor: KernelExecutor(threads: 2))
        let gradients = Block<Float>(count: count)
        gradients.vector.fill(1)
        #expect(optimizer.gradientNorm(gradients) == Double(count).squareRoot())
        #expect(optimizer.gradientNorm(gradients, scale: 0.25) == Double(count).squareRoot() / 4)
    }

    @Test func normIsFiniteIfAndOnlyIfTheGradientsAre() {
        let optimizer = Optimizer(
            settings: OptimizerSettings(), layout: oddLayout, executor: KernelExecutor(threads: 2))
        let gradients = Block<Float>(count: oddLayout.count)
        gradients.vector.fill(.greatestFiniteMagnitude)
        #expect(optimizer.gradientNorm(gradients).isFinite)
        for bad in [Float.infinity, -.infinity, .nan] {
            gradients.vector[oddLayout.count - 1] = bad
            #expect(!optimizer.gradientNorm(gradients).isFinite)
        }
    }
}
