import Kernels
import Optimization
import Tensors
import Testing

/// One configuration of the rules.
struct Rule: Sendable, CustomTestStringConvertible {
    let settings: OptimizerSettings
    let gradientScale: Double
    static let tolerance = 1e-5

    var testDescription: String { "\(settings) x\(gradientScale)" }

    static let all: [Rule] =
        OptimizerSettings.Name.allCases.flatMap { name in
            [true, false].flatMap { correction in
                [nil, 0.5, 1e6].flatMap { clip in
                    [0, 0.25].map { decay in
                        Rule(
                            settings: OptimizerSettings(
                                name: name, beta1: 0.875, beta2: 0.96875, weightDecay: decay,
                                biasCorrection: correction, clipNorm: clip),
                            gradientScale: correction ? 1.0 / 1024 : 1)
                    }
                }
            }
        }
        + OptimizerSettings.Name.allCases.map { name in
            Rule(settings: OptimizerSettings(name: name), gradientScale: 1)
        }
}

@Suite struct UpdateRuleTests {
    /// Compares the change of every tensor in five steps with the reference, relative to its norm;
    /// each step also rounds the parameters, which a small total change cannot hide.
    @Test(arguments: Rule.all) func followsTheReference(_ rule: Rule) {
        let optimizer = Optimizer(
            settings: rule.settings, layout: oddLayout, executor: KernelExecutor(threads: 2))
        var reference = ReferenceOptimizer(rule.settings, oddLayout)
        let parameters = noise(oddLayout.count, seed: 1, size: 0.5)
        let start = doubles(parameters)
        var expected = start
        for number in 1...5 {
            let size = Float(0.1 / rule.gradientScale)
            let gradients = noise(oddLayout.count, seed: 10 + UInt64(number), size: size)
            let norm = optimizer.gradientNorm(gradients, scale: rule.gradientScale)
            let rate = 0.01 * Double(number)
            let expectedNorm = reference.step(
                number, learningRate: rate, gradientScale: rule.gradientScale, &expected,
                doubles(gradients))
            #expect(abs(norm - expectedNorm) <= 1e-12 * expectedNorm)
            optimizer.step(
                number: number, learningRate: rate, gradientNorm: norm,
                gradientScale: rule.gradientScale, parameters: parameters, gradients: gradients)
        }
        for tensor in oddLayout.parameters {
            var error = 0.0, change = 0.0, length = 0.0
            for index in tensor.range {
                let difference = Double(parameters.vector[index]) - expected[index]
                error += difference * difference
                change += (expected[index] - start[index]) * (expected[index] - start[index])
                length += start[index] * start[index]
            }
            let rounding = 5 * Double(Float.ulpOfOne) * length.squareRoot()
            let allowed = Rule.tolerance * change.squareRoot() + rounding
            #expect(error.squareRoot() <= allowed, "\(tensor.name)")
        }
        expectClose(optimizer.firstMoment, reference.first)
        expectClose(optimizer.secondMoment, reference.second)
    }

    private func expectClose(_ block: Block<Float>, _ expected: [Double]) {
        let largest = expected.lazy.map(abs).max() ?? 0
        let allowed = Rule.tolerance * largest
        #expect(zip(doubles(block), expected).allSatisfy { abs($0 - $1) <= allowed })
    }

    @Test func decaySkipsWhatTheLayoutExcludes() {
        let parameters = noise(oddLayout.count, seed: 3, size: 1)
        let start = values(parameters)
        let optimizer = Optimizer(
            settings: OptimizerSettings(weightDecay: 0.5), layout: oddLayout,
            executor: KernelExecutor(threads: 1))
        optimizer.step(
            number: 1, learningRate: 0.25, gradientNorm: 0, parameters: parameters,
            gradients: Block(count: oddLayout.count))
        for tensor in oddLayout.parameters {
            for index in tensor.range {
                let factor: Float = tensor.decays ? 0.875 : 1
                #expect(parameters.vector[index] == start[index] * factor)
            }
        }
    }

    /// Every decayed tensor moves by rate x its norm; the others as with Adam.
    @Test func lambMovesTensorsInProportionToTheirNorm() {
        let lamb = TrainedModel(OptimizerSettings(name: .lamb), threads: 2, steps: 1)
        let adam = TrainedModel(OptimizerSettings(biasCorrection: true), threads: 2, steps: 1)
        let start = values(noise(oddLayout.count, seed: 7, size: 0.5))
        for tensor in oddLayout.parameters {
            if tensor.decays {
                var change = 0.0, length = 0.0
                for index in tensor.range {
                    let difference = Double(lamb.parameters[index]) - Double(start[index])
                    change += difference * difference
                    length += Double(start[index]) * Double(start[index])
                }
                let ratio = (change / length).squareRoot()
                #expect(abs(ratio - 0.01) < 1e-6, "\(tensor.name)")
            } else {
                #expect(lamb.parameters[tensor.range] == adam.parameters[tensor.range])
            }
        }
        #expect(lamb.first == adam.first && lamb.second == adam.second)
    }

    @Test func lambWithoutDecayIsAdam() {
        let lamb = OptimizerSettings(name: .lamb, weightDecay: 0)
        let adam = OptimizerSettings(weightDecay: 0, biasCorrection: true)
        #expect(TrainedModel(lamb, threads: 2) == TrainedModel(adam, threads: 2))
    }

    @Test func lambStartsFromTensorsOfZeros() {
        let layout = ParameterLayout([(name: "weight", shape: [3], decays: true)])
        let optimizer = Optimizer(
            settings: OptimizerSettings(name: .lamb, clipNorm: nil), layout: layout,
            executor: KernelExecutor(threads: 1))
        let parameters = Block<Float>(count: 3)
        // Neither has a norm: nothing changes, and nothing becomes NaN.
        optimizer.step(
            number: 1, learningRate: 0.5, gradientNorm: 0, parameters: parameters,
            gradients: Block(count: 3))
        #expect(values(parameters) == [0, 0, 0])
        let gradients = Block<Float>(count: 3)
        gradients.vector.fill(4)
        optimizer.step(
            number: 2, learningRate: 0.5, gradientNorm: 1, parameters: parameters,
            gradients: gradients)
        for value in values(parameters) { #expect(value < -0.3 && value > -0.5) }
    }
}
