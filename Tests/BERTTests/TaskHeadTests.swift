import BERT
import Kernels
import Randomness
import Tensors
import Testing

/// Fine-tuning heads compared with Hugging Face's, and their gradients with their losses.
@Suite struct TaskHeadTests {
    @Test("parameters are named as Hugging Face names them", arguments: TaskReference.all)
    func names(reference: TaskReference) throws {
        let names = reference.model().layout.parameters.map(\.name)
        #expect(try Set(names) == Set(reference.values().gradients.keys))
    }

    @Test("logits, loss and all gradients are Hugging Face's", arguments: TaskReference.all)
    func golden(reference: TaskReference) throws {
        let model = reference.model()
        let (examples, expected) = (try reference.examples(), try reference.values())
        let logits = model.predict(examples).flatMap { $0 }.map { Double($0) }
        #expect(relative(logits, expected.logits.flatMap { $0 }) < 2e-5)
        let outcome = model.train(
            examples, scale: 1 / Float(expected.terms), seed: 1, accumulate: false)
        #expect(outcome.terms == expected.terms)
        #expect(abs(outcome.loss / expected.loss - 1) < 1e-5)
        let largest = expected.gradients.values.map(norm).max() ?? 0
        for parameter in model.layout.parameters {
            let values = model.gradients[parameter.range].buffer.map { Double($0) }
            let truth = try #require(expected.gradients[parameter.name])
            let error = norm(zip(values, truth).map { $0 - $1 })
            // Vanishing gradients, such as that of the keys' bias, consist of rounding only.
            #expect(error < 5e-5 * norm(truth) + 1e-6 * largest, "\(parameter.name)")
        }
    }

    @Test("16-bit activations are near", arguments: TaskReference.all, [Precision.bf16, .fp16])
    func narrow(reference: TaskReference, precision: Precision) throws {
        let model = reference.model(precision: precision)
        let (examples, expected) = (try reference.examples(), try reference.values())
        let outcome = model.train(
            examples, scale: 1 / Float(expected.terms), seed: 1, accumulate: false)
        #expect(abs(outcome.loss / expected.loss - 1) < 30 * precision.unitRoundoff)
        let values = model.gradients.vector.buffer.map { Double($0) }
        let truth = model.layout.parameters.flatMap { expected.gradients[$0.name] ?? [] }
        #expect(relative(values, truth) < 30 * precision.unitRoundoff)
    }

    /// As for pre-training: the direction of each tensor is its gradient, scaled at random.
    @Test("the loss changes as each gradient says, with dropout", arguments: TaskReference.all)
    func directionalDerivatives(reference: TaskReference) throws {
        let model = reference.model(dropout: 0.2)
        // The formula's embeddings almost cancel, which curves the loss too much for differences.
        for parameter in model.layout.parameters where parameter.name.contains("_embeddings.") {
            var numbers = AddressedGenerator(
                RandomAddress(seed: 5, purpose: .synthetic, sample: parameter.count))
            let values = model.parameters[parameter.range]
            for place in 0..<values.count { values[place] = Float(0.5 * numbers.normal()) }
        }
        let examples = try reference.examples()
        func objective() -> Double {
            model.train(examples, scale: 1, seed: 9, accumulate: false).loss
        }
        _ = objective()
        let gradients = model.gradients.vector.buffer.map { Double($0) }
        for (index, parameter) in model.layout.parameters.enumerated() {
            let slope = Array(gradients[parameter.range])
            // Softmax is invariant to the keys' bias, and to what all tokens or choices have in
            // common.
            let shifts = reference.head == .span || reference.head == .choice
            let isVain = shifts && norm(slope) < 1e-5 * norm(gradients)
            if parameter.name.hasSuffix("key.bias") || isVain { continue }
            var numbers = AddressedGenerator(
                RandomAddress(seed: 8, purpose: .synthetic, sample: index))
            let direction = slope.map { $0 * (0.25 + 1.5 * numbers.uniform()) / norm(slope) }
            let expected = zip(slope, direction).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(expected > 0, "\(parameter.name) has no gradient")
            let values = model.parameters[parameter.range]
            let start = Array(values.buffer)
            let step = min(0.02, 0.01 / expected)
            let losses = [step, -step].map { distance in
                for place in start.indices {
                    values[place] = start[place] + Float(distance * direction[place])
                }
                return objective()
            }
            for place in start.indices { values[place] = start[place] }
            let change = (losses[0] - losses[1]) / (2 * step)
            // If the gradient is small, the change is small compared with the rounding of the loss.
            let rounding = 1e-6 * (1 + losses[0]) / step
            #expect(abs(change - expected) < 0.01 * expected + rounding, "\(parameter.name)")
        }
    }

    @Test("micro-batches add up, and none is a batch of its own", arguments: TaskReference.all)
    func accumulation(reference: TaskReference) throws {
        let examples = try reference.examples()
        let whole = reference.model(dropout: 0.1)
        let outcome = whole.train(examples, scale: 0.25, seed: 3, accumulate: false)
        let parts = reference.model(dropout: 0.1, threads: 2)
        var sum = TaskOutcome()
        sum.add(parts.train(examples[..<0], scale: 0.25, seed: 3, accumulate: false))
        for index in examples.indices {
            sum.add(
                parts.train(
                    examples[index...index], scale: 0.25, seed: 3, accumulate: true))
        }
        #expect(sum.terms == outcome.terms)
        #expect(abs(sum.loss / outcome.loss - 1) < 1e-6)
        let pairs = zip(parts.gradients.vector.buffer, whole.gradients.vector.buffer)
        let error = norm(pairs.map { Double($0) - Double($1) })
        #expect(error < 1e-5 * norm(whole.gradients.vector.buffer.map { Double($0) }))
    }

    @Test("the answer to an input does not depend on the others", arguments: TaskReference.all)
    func independence(reference: TaskReference) throws {
        guard InstructionSet.supported > .portable else { return }
        let model = reference.model()
        let examples = try reference.examples()
        let alone = examples.flatMap { model.predict([$0]) }
        #expect(model.predict(examples) == alone)
    }

    private func relative(_ values: [Double], _ expected: [Double]) -> Double {
        values.count == expected.count ? distance(values, expected) / norm(expected) : .infinity
    }
}
