import BERT
import Kernels
import Tensors
import Testing

/// The model with 16-bit activations, and with recomputed activations.
@Suite struct NarrowPrecisionTests {
    private static let lengths = [35, 3, 17, 4, 33, 8, 16, 29]

    @Test(
        "a sequence's outcome has the same bits in any batch and for any number of threads",
        arguments: [Precision.bf16, .fp16])
    func composition(precision: Precision) {
        let sequences = TestModel.sequences(Self.lengths)
        for set in TestModel.sets {
            var first: ([SequenceOutcome], [UInt32])?
            for threads in 1...3 {
                let executor = KernelExecutor(threads: threads, instructionSet: set)
                let model = TestModel.make(
                    TestModel.dropout, executor: executor, precision: precision)
                let outcomes = model.train(sequences)
                let gradients = model.gradients.vector.buffer.map(\.bitPattern)
                let expected = first ?? (outcomes, gradients)
                #expect(outcomes == expected.0 && gradients == expected.1, "\(set) \(threads)")
                first = expected
                #expect(Array(model.train(sequences.reversed()).reversed()) == outcomes)
                for (index, sequence) in sequences.enumerated() {
                    #expect(model.train([sequence]) == [outcomes[index]])
                }
            }
        }
    }

    @Test("computing activations again changes no bit", arguments: Precision.allCases)
    func recomputation(precision: Precision) {
        var configuration = TestModel.dropout
        configuration.layers = 3
        let sequences = TestModel.sequences(Self.lengths)
        let kept = TestModel.make(configuration, precision: precision)
        let again = TestModel.make(configuration, precision: precision, recomputes: true)
        for _ in 0..<2 {
            #expect(kept.train(sequences) == again.train(sequences))
            let bits = [kept, again].map { $0.gradients.vector.buffer.map(\.bitPattern) }
            #expect(bits[0] == bits[1])
        }
        #expect(again.memoryBytes < kept.memoryBytes)
        #expect(kept.evaluate(sequences) == again.evaluate(sequences))
    }

    /// A power of two only changes exponents, until the smallest numbers of a storage format are
    /// reached.
    @Test("a loss scale saves small gradients in fp16")
    func lossScale() {
        let sequences = TestModel.sequences(Self.lengths)
        let reference = TestModel.make()
        _ = reference.train(sequences)
        let model = TestModel.make(precision: .fp16)
        func error(_ factor: Double) -> Double {
            let scale = TestModel.scale(sequences, lossScale: factor)
            _ = model.train(sequences, scale: scale, seed: 3, accumulate: false)
            let values = model.gradients.vector.buffer.map { Double($0) / factor }
            let wanted = reference.gradients.vector.buffer.map { Double($0) }
            return distance(values, wanted) / norm(wanted)
        }
        #expect(error(0x1p-14) > 10 * error(256))
        #expect(error(256) < 0.02)
        #expect(!error(0x1p40).isFinite)
    }
}
