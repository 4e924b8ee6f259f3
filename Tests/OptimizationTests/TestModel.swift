import Kernels
import Optimization
import Tensors

/// A layout with awkward sizes: single elements, odd counts, adjacent tensors with and without
/// decay, and one tensor of many terms of the sum of squares.
let oddLayout = ParameterLayout([
    (name: "embeddings.weight", shape: [67, 13], decays: true),
    (name: "embeddings.LayerNorm.weight", shape: [13], decays: false),
    (name: "embeddings.LayerNorm.bias", shape: [13], decays: false),
    (name: "query.weight", shape: [13, 13], decays: true),
    (name: "key.weight", shape: [1, 1], decays: true),
    (name: "key.bias", shape: [1], decays: false),
    (name: "large.weight", shape: [257, 259], decays: true),
    (name: "large.bias", shape: [257], decays: false),
])

/// A block of random-looking values in -`size`..<`size`, the same for the same seed.
func noise(_ count: Int, seed: UInt64, size: Float) -> Block<Float> {
    let block = Block<Float>(count: count)
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    for index in 0..<count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        block.vector[index] = (Float(state >> 40) / Float(1 << 23) - 1) * size
    }
    return block
}

/// The elements of `block`.
func values(_ block: Block<Float>) -> [Float] { Array(block.vector.buffer) }

/// The elements of `block`, in double precision.
func doubles(_ block: Block<Float>) -> [Double] { block.vector.buffer.map(Double.init) }

/// Parameters of `layout` after `steps` steps with fresh gradients.
struct TrainedModel: Equatable {
    let parameters: [Float]
    let first: [Float]
    let second: [Float]

    /// Trains on `threads` threads.
    init(
        _ settings: OptimizerSettings, _ layout: ParameterLayout = oddLayout, threads: Int,
        steps: Int = 4
    ) {
        let optimizer = Optimizer(
            settings: settings, layout: layout, executor: KernelExecutor(threads: threads))
        let parameters = noise(layout.count, seed: 7, size: 0.5)
        for number in 1...steps {
            let gradients = noise(layout.count, seed: 100 + UInt64(number), size: 0.1)
            let norm = optimizer.gradientNorm(gradients)
            optimizer.step(
                number: number, learningRate: 0.01, gradientNorm: norm, parameters: parameters,
                gradients: gradients)
        }
        self.parameters = values(parameters)
        first = values(optimizer.firstMoment)
        second = values(optimizer.secondMoment)
    }
}
