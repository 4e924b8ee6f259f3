import BERT
import Tensors
import Testing

/// The set of parameters, and their initial values.
@Suite struct LayoutTests {
    /// A published size, and `BertForPreTraining(...).num_parameters()` of Hugging Face.
    struct Size: Sendable, CustomTestStringConvertible {
        var layers: Int
        var hidden: Int
        var vocabulary = 30522
        var parameters: Int

        var testDescription: String { "\(layers) layers of \(hidden), \(vocabulary) ids" }

        var configuration: BERTConfiguration {
            var configuration = BERTConfiguration()
            configuration.vocabularySize = vocabulary
            configuration.layers = layers
            configuration.hiddenSize = hidden
            configuration.heads = hidden / 64
            configuration.intermediateSize = 4 * hidden
            return configuration
        }
    }

    static let sizes = [
        Size(layers: 2, hidden: 128, parameters: 4_433_468),
        Size(layers: 4, hidden: 256, parameters: 11_267_900),
        Size(layers: 4, hidden: 512, parameters: 29_058_876),
        Size(layers: 8, hidden: 512, parameters: 41_668_412),
        Size(layers: 12, hidden: 768, parameters: 110_106_428),
        Size(layers: 24, hidden: 1024, parameters: 336_226_108),
        Size(layers: 12, hidden: 768, vocabulary: 21128, parameters: 102_882_442),
    ]

    @Test("as many parameters as Hugging Face has", arguments: sizes)
    func counts(size: Size) {
        let layout = ParameterLayout.pretraining(size.configuration)
        #expect(layout.count == size.parameters)
        #expect(layout.parameters.count == 5 + 16 * size.layers + 9)
    }

    @Test("the default is BERT-base, uncased")
    func defaults() {
        #expect(Self.sizes[4].configuration == BERTConfiguration())
    }

    @Test("biases and normalizations do not decay, the rest does")
    func decay() {
        for parameter in ParameterLayout.pretraining(TestModel.configuration()).parameters {
            let exempt = parameter.name.hasSuffix("bias") || parameter.name.contains("LayerNorm")
            #expect(parameter.decays == !exempt, "\(parameter.name)")
        }
    }

    @Test("initial values")
    func initialization() {
        var configuration = TestModel.configuration()
        configuration.vocabularySize = 2000
        configuration.hiddenSize = 96
        configuration.intermediateSize = 384
        configuration.initializerRange = 0.02
        let layout = ParameterLayout.pretraining(configuration)
        let block = Block<Float>(count: layout.count)
        block.vector.fill(.nan)
        layout.initialize(block, seed: 1, range: configuration.initializerRange)
        for parameter in layout.parameters {
            let values = block[parameter.range].buffer.map { Double($0) }
            if parameter.name.hasSuffix("LayerNorm.weight") {
                #expect(values.allSatisfy { $0 == 1 }, "\(parameter.name)")
            } else if parameter.name.hasSuffix("bias") {
                #expect(values.allSatisfy { $0 == 0 }, "\(parameter.name)")
            } else {
                checkTruncatedNormal(values, range: 0.02, parameter.name)
            }
        }
    }

    /// A normal distribution cut at 2 deviations has 0.87962566 of its deviation. Bounds are five
    /// deviations of the estimates.
    private func checkTruncatedNormal(_ values: [Double], range: Double, _ name: String) {
        let count = Double(values.count)
        let deviation = 0.879_625_66 * range
        let mean = values.reduce(0, +) / count
        #expect(abs(mean) < 5 * deviation / count.squareRoot(), "\(name)")
        #expect(
            abs(norm(values) / count.squareRoot() / deviation - 1) < 5 / (2 * count).squareRoot())
        #expect((values.map(abs).max() ?? 1) <= 2 * range * (1 + 1e-6), "\(name)")
        #expect(Set(values).count > values.count / 2, "\(name)")
    }

    @Test("initial values depend on seed and place alone")
    func seeds() {
        let layout = ParameterLayout.pretraining(TestModel.configuration())
        func values(_ seed: UInt64) -> [Float] {
            let block = Block<Float>(count: layout.count)
            layout.initialize(block, seed: seed, range: 0.02)
            return Array(block.vector.buffer)
        }
        let first = values(1)
        #expect(first == values(1))
        let second = values(2)
        for parameter in layout.parameters where parameter.decays {
            #expect(first[parameter.range] != second[parameter.range], "\(parameter.name)")
        }
        // No two tensors share their numbers.
        let starts = layout.parameters.filter(\.decays).map { first[$0.range.lowerBound] }
        #expect(Set(starts).count == starts.count)
    }

    @Test("operations of a step, counted product by product")
    func operations() {
        let configuration = TestModel.configuration()
        let (lengths, masked, size, wide) = ([3, 10, 7], 4, 27, 43)
        let tokens = lengths.reduce(0, +)
        var forward = 0
        for _ in 0..<configuration.layers {
            forward += 2 * tokens * size * 3 * size + 2 * tokens * size * size
            forward += 2 * (2 * tokens * size * wide)
            for length in lengths { forward += 2 * (2 * length * length * size) }
        }
        forward += 2 * masked * size * size + 2 * masked * size * configuration.vocabularySize
        let operations = configuration.trainingOperations(
            tokens: tokens, squaredLengths: lengths.reduce(0) { $0 + $1 * $1 }, masked: masked)
        #expect(operations == Double(3 * forward))
    }
}
