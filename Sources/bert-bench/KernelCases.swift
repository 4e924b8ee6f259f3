import BERT
import Kernels
import Randomness
import Tensors

/// Kernels at the sizes of a training step, except matrix products, which `gemm` measures.
struct KernelCases {
    let shape: StepShape
    let rows: Block<RandomRow>
    let offsets: Block<Int32>
    let scratch: AttentionScratch
    private let weight: Block<Float>
    private let bias: Block<Float>
    let dropout = Dropout(seed: 1, purpose: .synthetic, probability: 0.1)

    var size: Int { shape.configuration.hiddenSize }
    private var wide: Int { shape.configuration.intermediateSize }
    var tokens: Int { shape.tokens }
    var layers: Double { Double(shape.configuration.layers) }

    /// Makes the cases at the sizes of `shape`, for executors of up to `threads` threads.
    init(_ shape: StepShape, threads: Int) {
        self.shape = shape
        scratch = AttentionScratch(
            maximumLength: shape.sequenceLength, threads: threads, backward: true)
        rows = Block(count: shape.tokens)
        offsets = Block(count: shape.micro + 1)
        weight = SyntheticBlock.make(shape.configuration.hiddenSize, sample: 100)
        bias = SyntheticBlock.make(shape.configuration.hiddenSize, sample: 101)
        for row in 0..<shape.tokens {
            rows.vector[row] = RandomRow(
                epoch: 0, sample: row / shape.sequenceLength, position: row % shape.sequenceLength)
        }
        for index in 0...shape.micro {
            offsets.vector[index] = Int32(index * shape.sequenceLength)
        }
    }

    /// Makers of the cases, each of which allocates memory when called.
    var all: [() -> KernelCase] {
        [
            gelu, geluBackward, tanh, tanhBackward, columnSums, dropoutCase, layerNorm,
            layerNormBackward, attention, attentionBackward, crossEntropy, embed, gather,
            scatterAdd, adamW, lamb, subtract, sumOfSquares,
        ]
    }

    /// Makes a case that accesses `passes` times as many floats as `rows` x `columns`.
    func make(
        _ name: String, _ rows: Int, _ columns: Int, passes: Double, operations: Double = 0,
        calls: Double, _ outputs: [ResettableBlock], _ run: @escaping (KernelExecutor) -> Void
    ) -> KernelCase {
        KernelCase(
            name: name, size: "\(rows)x\(columns)",
            bytes: passes * Double(rows * columns * MemoryLayout<Float>.stride),
            operations: operations, calls: calls, outputs: outputs, run: run)
    }

    func random(_ rows: Int, _ columns: Int, _ sample: Int = 0) -> ResettableBlock {
        ResettableBlock(rows * columns, sample: sample)
    }

    // MARK: Activations

    private func gelu() -> KernelCase {
        let (input, output) = (random(tokens, wide), random(tokens, wide, 1))
        return make("GELU", tokens, wide, passes: 2, calls: layers, [output]) {
            $0.activate(input.vector, .gelu, into: output.vector)
        }
    }

    private func geluBackward() -> KernelCase {
        let (input, gradient) = (random(tokens, wide), random(tokens, wide, 1))
        return make("GELU backward", tokens, wide, passes: 3, calls: layers, [gradient]) {
            $0.activateBackward(input: input.vector, .gelu, gradient: gradient.vector)
        }
    }

    private func tanh() -> KernelCase {
        let values = random(tokens, size)
        let calls = 1 / Double(shape.sequenceLength)
        return make("tanh", tokens, size, passes: 2, calls: calls, [values]) {
            $0.tanh(values.vector)
        }
    }

    private func tanhBackward() -> KernelCase {
        let (output, gradient) = (random(tokens, size), random(tokens, size, 1))
        let calls = 1 / Double(shape.sequenceLength)
        return make("tanh backward", tokens, size, passes: 3, calls: calls, [gradient]) {
            $0.tanhBackward(output: output.vector, gradient: gradient.vector)
        }
    }

    private func columnSums() -> KernelCase {
        let (input, sums) = (random(tokens, wide), random(1, wide, 1))
        // The biases of a layer: one as wide as this, and five times the hidden size in total.
        let calls = layers * (1 + 5 * Double(size) / Double(wide))
        return make("column sums", tokens, wide, passes: 1, calls: calls, [sums]) {
            $0.sumRows(input.matrix(wide), into: sums.vector, accumulate: false)
        }
    }

    // MARK: Dropout and normalization

    private func dropoutCase() -> KernelCase {
        let (input, output) = (random(tokens, size), random(tokens, size, 1))
        return make("dropout", tokens, size, passes: 2, calls: 2 * layers + 2, [output]) {
            [self] in
            $0.dropout(
                input.matrix(size), dropout, rows: rows.vector, into: output.matrix(size))
        }
    }

    private var parameters: LayerNormParameters {
        LayerNormParameters(weight: weight.vector, bias: bias.vector)
    }

    private func layerNorm() -> KernelCase {
        let (input, base) = (random(tokens, size), random(tokens, size, 1))
        let (output, means) = (random(tokens, size, 2), random(tokens, 1, 3))
        let deviations = random(tokens, 1, 4)
        let blocks = [input, output, means, deviations]
        return make(
            "residual, dropout, LayerNorm", tokens, size, passes: 4, calls: 2 * layers, blocks
        ) { [self] in
            $0.layerNorm(
                input.matrix(size),
                residual: Residual(base.matrix(size), dropout: dropout, rows: rows.vector),
                parameters, epsilon: 1e-12, into: output.matrix(size),
                statistics: LayerNormStatistics(
                    mean: means.vector, reciprocalDeviation: deviations.vector))
        }
    }

    private func layerNormBackward() -> KernelCase {
        let (input, gradient) = (random(tokens, size), random(tokens, size, 1))
        let (means, deviations) = (random(tokens, 1, 2), random(tokens, 1, 3))
        let (toWeight, toBias) = (random(1, size, 4), random(1, size, 5))
        let blocks = [gradient, toWeight, toBias]
        return make(
            "LayerNorm backward", tokens, size, passes: 3, calls: 2 * layers + 1, blocks
        ) { [self] in
            $0.layerNormBackward(
                input: input.matrix(size), parameters,
                statistics: LayerNormStatistics(
                    mean: means.vector, reciprocalDeviation: deviations.vector),
                gradient: gradient.matrix(size),
                parameterGradients: LayerNormParameters(
                    weight: toWeight.vector, bias: toBias.vector), accumulate: false)
        }
    }
}
