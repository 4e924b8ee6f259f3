import BERT
import Kernels
import Randomness
import Tensors

/// Attention, losses and embeddings.
extension KernelCases {
    private var setting: AttentionSetting {
        AttentionSetting(
            heads: shape.configuration.heads, dropout: dropout,
            bounds: SequenceBounds(offsets: offsets.vector), rows: rows.vector)
    }

    /// Operations of one product of all heads' queries with their keys. Forward needs two such
    /// products, backward five (scores again, and gradients of probabilities, values, queries and
    /// keys).
    private var scoreOperations: Double { Double(2 * tokens * shape.sequenceLength * size) }

    func attention() -> KernelCase {
        let (projections, context) = (random(tokens, 3 * size), random(tokens, size, 1))
        let sums = random(tokens, shape.configuration.heads, 2)
        return make(
            "attention", tokens, size, passes: 4, operations: 2 * scoreOperations, calls: layers,
            [context, sums]
        ) { [self] in
            $0.attention(
                projections.matrix(3 * size), setting, logSums: sums.vector,
                into: context.matrix(size), scratch: scratch)
        }
    }

    func attentionBackward() -> KernelCase {
        let projections = random(tokens, 3 * size)
        let (context, output) = (random(tokens, size, 1), random(tokens, size, 2))
        let sums = random(tokens, shape.configuration.heads, 3)
        let gradient = random(tokens, 3 * size, 4)
        // The probabilities are recomputed from these sums, which must be the forward pass's.
        let executor = KernelExecutor(threads: 1)
        executor.attention(
            projections.matrix(3 * size), setting, logSums: sums.vector,
            into: context.matrix(size), scratch: scratch)
        return make(
            "attention backward", tokens, size, passes: 7, operations: 5 * scoreOperations,
            calls: layers, [gradient]
        ) { [self] in
            $0.attentionBackward(
                projections.matrix(3 * size), setting, logSums: sums.vector,
                contextGradient: output.matrix(size), into: gradient.matrix(3 * size),
                scratch: scratch)
        }
    }

    func crossEntropy() -> KernelCase {
        let (count, classes) = (shape.masked, shape.configuration.vocabularySize)
        // With similar logits the gradient would be spread out until it vanishes.
        let logits = ResettableBlock(count * classes, sample: 0, scale: 20)
        let losses = random(count, 1, 1)
        let labels = indices(count, below: classes)
        // Every other label is the predicted one, so that both cases occur.
        for row in stride(from: 0, to: count, by: 2) {
            let values = logits.matrix(classes).row(row).buffer
            let best = values.indices.max { values[$0] < values[$1] } ?? 0
            labels.vector[row] = Int32(best)
        }
        let correct = Block<UInt8>(count: count)
        var result = make(
            "cross-entropy", count, classes, passes: 2, calls: 1, [logits, losses]
        ) {
            $0.crossEntropy(
                logits.matrix(classes), labels: labels.vector, gradientScale: 0.5,
                as: Float.self, losses: losses.vector, correct: correct.vector)
        }
        result.marks = correct
        return result
    }

    private func indices(_ count: Int, below bound: Int) -> Block<Int32> {
        let block = Block<Int32>(count: count)
        var random = AddressedGenerator(RandomAddress(seed: 3, purpose: .synthetic, sample: bound))
        for index in 0..<count { block.vector[index] = Int32(random.below(bound)) }
        return block
    }

    func embed() -> KernelCase {
        let configuration = shape.configuration
        let token = random(configuration.vocabularySize, size)
        let position = random(configuration.maximumPositions, size, 1)
        let segment = random(configuration.segmentKinds, size, 2)
        let output = random(tokens, size, 3)
        let tokenIDs = indices(tokens, below: configuration.vocabularySize)
        let positionIDs = indices(tokens, below: configuration.maximumPositions)
        let segmentIDs = indices(tokens, below: configuration.segmentKinds)
        return make("embeddings", tokens, size, passes: 2, calls: 1, [output]) { [size] in
            $0.embed(
                EmbeddingIndices(
                    tokens: tokenIDs.vector, segments: segmentIDs.vector,
                    positions: positionIDs.vector),
                EmbeddingTables(
                    token: token.matrix(size), segment: segment.matrix(size),
                    position: position.matrix(size)), into: output.matrix(size))
        }
    }

    func gather() -> KernelCase {
        let (table, output) = (random(tokens, size), random(shape.masked, size, 1))
        let chosen = indices(shape.masked, below: tokens)
        return make("gather", shape.masked, size, passes: 2, calls: 1, [output]) { [size] in
            $0.gather(table.matrix(size), chosen.vector, into: output.matrix(size))
        }
    }

    func scatterAdd() -> KernelCase {
        let vocabulary = shape.configuration.vocabularySize
        let (gradient, table) = (random(tokens, size), random(vocabulary, size, 1))
        let chosen = indices(tokens, below: vocabulary)
        return make("scatter-add", tokens, size, passes: 3, calls: 3, [table]) { [size] in
            $0.scatterAdd(gradient.matrix(size), to: chosen.vector, of: table.matrix(size))
        }
    }
}
