import BERT
import Kernels
import Randomness
import Tensors
import Testing

/// Gradients compared with their losses, and the time at which they are final.
@Suite struct GradientTests {
    private let sequences = TestModel.sequences([35, 3, 17, 30])

    private func objective(_ model: BERTForPreTraining, seed: UInt64) -> Double {
        let outcomes = model.train(sequences, seed: seed)
        let masked = Double(outcomes.reduce(0) { $0 + $1.masked })
        return outcomes.reduce(0) {
            $0 + $1.maskedLoss / masked + $1.nextSentenceLoss / Double(outcomes.count)
        }
    }

    /// The direction of each tensor is its gradient, with every element scaled at random, so that
    /// an error in any element shows and the loss changes enough to be measured in float.
    @Test(
        "the loss changes as each gradient says, with dropout",
        arguments: [Activation.gelu, .geluNew])
    func directionalDerivatives(activation: Activation) {
        var configuration = TestModel.dropout
        configuration.activation = activation
        let model = TestModel.make(configuration)
        _ = model.train(sequences, seed: 9)
        let gradients = model.gradientValues
        for (index, parameter) in model.layout.parameters.enumerated() {
            // Softmax is invariant to the keys' bias.
            if parameter.name.hasSuffix("key.bias") { continue }
            var numbers = AddressedGenerator(
                RandomAddress(seed: 8, purpose: .synthetic, sample: index))
            let slope = Array(gradients[parameter.range])
            let direction = slope.map { $0 * (0.25 + 1.5 * numbers.uniform()) / norm(slope) }
            let expected = zip(slope, direction).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(expected > 0, "\(parameter.name) has no gradient")
            let step = min(0.02, 0.01 / expected)
            let change = self.change(of: model, parameter, direction, step)
            #expect(abs(change / (2 * step) / expected - 1) < 0.01, "\(parameter.name)")
        }
    }

    /// Difference of the objective between `step` ahead and `step` behind in `direction`.
    private func change(
        of model: BERTForPreTraining, _ parameter: Parameter, _ direction: [Double],
        _ step: Double
    ) -> Double {
        let values = model.parameters[parameter.range]
        let start = Array(values.buffer)
        func objective(_ distance: Double) -> Double {
            for index in start.indices {
                values[index] = start[index] + Float(distance * direction[index])
            }
            return self.objective(model, seed: 9)
        }
        let change = objective(step) - objective(-step)
        for index in start.indices { values[index] = start[index] }
        return change
    }

    @Test("ranges come once each, from the end to the start, and are final")
    func observer() {
        for accumulate in [false, true] {
            let model = TestModel.make(
                TestModel.dropout, executor: KernelExecutor(threads: 2))
            _ = model.train(sequences)
            var reported: [(range: Range<Int>, values: [Float])] = []
            var moments = 0
            _ = model.train(
                sequences, scale: TestModel.scale(sequences), seed: 2, accumulate: accumulate,
                observer: GradientObserver(
                    ready: { range in
                        reported.append((range, Array(model.gradients[range].buffer)))
                    }, progress: { moments += 1 }))
            var end = model.layout.count
            for (range, values) in reported {
                #expect(range.upperBound == end && !range.isEmpty)
                end = range.lowerBound
                #expect(values == Array(model.gradients[range].buffer))
            }
            #expect(end == 0)
            #expect(reported.count == model.configuration.layers + 2)
            #expect(moments >= reported.count - 1)
        }
    }
}
