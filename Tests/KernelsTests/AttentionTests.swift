import Kernels
import Randomness
import Tensors
import Testing

/// A batch for attention, its mask and its run on an executor.
private struct AttentionCase {
    let reference: AttentionReference
    var qkv: [Float]
    var output: [Float]
    let probability: Double

    init(lengths: [Int], heads: Int, width: Int, probability: Double) {
        let mask = DropoutReference(
            seed: 77, purpose: .attentionDropout, layer: 2, probability: probability)
        self.probability = probability
        reference = AttentionReference(lengths: lengths, heads: heads, width: width) {
            mask.factor(
                epoch: 3, sample: 1000 + $0, position: $1 * lengths[$0] + $2, column: $3,
                of: lengths[$0])
        }
        let count = reference.tokens * reference.hidden
        qkv = randomFloats(3 * count, stream: 1).map { $0 * 2 }
        output = randomFloats(count, stream: 2)
    }

    /// Context, sums and the gradient of `qkv`.
    func run(_ executor: KernelExecutor, _ memory: Memory, gap: Int = 0) -> [Float] {
        let (tokens, hidden) = (reference.tokens, reference.hidden)
        let input = memory.matrix(qkv, rows: tokens, columns: 3 * hidden, gap: gap)
        let gradient = memory.matrix(
            qkv.map { _ in Float.nan }, rows: tokens, columns: 3 * hidden, gap: gap)
        let context = memory.matrix(
            output.map { _ in Float.nan }, rows: tokens, columns: hidden, gap: gap)
        let logSums = memory.zeros(tokens * reference.heads)
        let scratch = AttentionScratch(
            maximumLength: reference.lengths.max() ?? 0, threads: executor.team.count,
            backward: true)
        let setting = setting(memory)
        executor.attention(input, setting, logSums: logSums, into: context, scratch: scratch)
        executor.attentionBackward(
            input, setting, logSums: logSums,
            contextGradient: memory.matrix(output, rows: tokens, columns: hidden, gap: gap),
            into: gradient, scratch: scratch)
        #expect(context.gapsAreUntouched && gradient.gapsAreUntouched)
        return context.array + logSums.array + gradient.array
    }

    private func setting(_ memory: Memory) -> AttentionSetting {
        var offsets: [Int32] = [0]
        var rows: [RandomRow] = []
        for (sequence, length) in reference.lengths.enumerated() {
            offsets.append((offsets.last ?? 0) + Int32(length))
            rows += (0..<length).map { RandomRow(epoch: 3, sample: 1000 + sequence, position: $0) }
        }
        return AttentionSetting(
            heads: reference.heads,
            dropout: Dropout(
                seed: 77, purpose: .attentionDropout, layer: 2, probability: probability),
            bounds: SequenceBounds(offsets: memory.vector(offsets)), rows: memory.vector(rows))
    }
}

extension KernelTests {
    @Suite struct Attentions {
        static let batches = [
            [], [1], [2], [0, 3, 0], [15, 16, 17, 1], [63, 64, 65], [127, 128, 129], [150, 33, 7],
        ]

        @Test(arguments: batches, [0, 0.1, 0.5])
        func nearTheReference(lengths: [Int], probability: Double) {
            for (heads, width) in [(3, 5), (2, 32)] {
                let test = AttentionCase(
                    lengths: lengths, heads: heads, width: width, probability: probability)
                let forward = test.reference.forward(doubles(test.qkv))
                let backward = test.reference.backward(
                    doubles(test.qkv), output: doubles(test.output))
                compare(
                    "\(lengths), \(heads) x \(width), \(probability)",
                    forward.context.values + forward.logSums.values + backward.values,
                    bound: forward.context.bound + forward.logSums.bound + backward.bound,
                    .vectorSetsOnly
                ) { executor, memory in
                    test.run(executor, memory, gap: width % 7)
                }
            }
        }

        /// The reference's own gradient, by central differences of its forward pass.
        @Test(arguments: [0, 0.4]) func theReferenceIsItsOwnDerivative(probability: Double) {
            let test = AttentionCase(
                lengths: [1, 4, 2], heads: 2, width: 3, probability: probability)
            let (qkv, output) = (doubles(test.qkv), doubles(test.output))
            let gradient = test.reference.backward(qkv, output: output).values
            func loss(_ qkv: [Double]) -> Double {
                zip(test.reference.forward(qkv).context.values, output)
                    .reduce(0) { $0 + $1.0 * $1.1 }
            }
            for index in qkv.indices {
                var (more, less) = (qkv, qkv)
                more[index] += 1e-5
                less[index] -= 1e-5
                #expect(abs((loss(more) - loss(less)) / 2e-5 - gradient[index]) < 1e-8)
            }
        }

        /// The first sequence of a batch gives the same bits as alone.
        @Test func aSequenceDoesNotDependOnTheOthers() {
            let (hidden, length) = (12, 41)
            let many = AttentionCase(
                lengths: [length, 9, 130], heads: 3, width: 4, probability: 0.1)
            for executor in executors {
                let memory = Memory()
                let whole = many.run(executor, memory)
                let input = memory.matrix(
                    Array(many.qkv.prefix(length * 3 * hidden)), rows: length,
                    columns: 3 * hidden)
                let context = memory.matrix(
                    Array(many.output.prefix(length * hidden)), rows: length, columns: hidden)
                let setting = AttentionSetting(
                    heads: 3,
                    dropout: Dropout(
                        seed: 77, purpose: .attentionDropout, layer: 2, probability: 0.1),
                    bounds: SequenceBounds(offsets: memory.vector([0, Int32(length)])),
                    rows: memory.vector(
                        (0..<length).map { RandomRow(epoch: 3, sample: 1000, position: $0) }))
                executor.attention(
                    input, setting, logSums: memory.zeros(length * 3), into: context,
                    scratch: AttentionScratch(
                        maximumLength: length, threads: executor.team.count, backward: false))
                #expect(bits(context.array) == bits(Array(whole.prefix(length * hidden))))
                withExtendedLifetime(memory) {}
            }
        }

        /// A NaN in a key affects every row of its sequence and head, one in a query its own row,
        /// and one in a value its own column.
        @Test(arguments: [0, 1, 2]) func aBrokenValueStaysVisible(part: Int) {
            for executor in executors {
                for token in [3, 20, 35] {
                    let memory = Memory()
                    let test = AttentionCase(
                        lengths: [3, 33, 4], heads: 2, width: 4, probability: 0)
                    var qkv = test.qkv
                    qkv[token * 24 + part * 8 + 5] = .nan
                    let context = memory.matrix(test.output, rows: 40, columns: 8)
                    executor.attention(
                        memory.matrix(qkv, rows: 40, columns: 24),
                        AttentionSetting(
                            heads: 2, dropout: .none,
                            bounds: SequenceBounds(offsets: memory.vector([0, 3, 36, 40])),
                            rows: memory.vector(
                                (0..<40).map { RandomRow(epoch: 0, sample: 0, position: $0) })),
                        logSums: memory.zeros(80), into: context,
                        scratch: AttentionScratch(
                            maximumLength: 33, threads: executor.team.count, backward: false))
                    for row in 0..<40 {
                        let broken = part == 0 ? row == token : (3..<36).contains(row)
                        for column in 0..<8 {
                            let value = context.row(row)[column]
                            let reached = part == 2 ? column == 5 : column >= 4
                            #expect(value.isNaN == (broken && reached))
                        }
                    }
                    withExtendedLifetime(memory) {}
                }
            }
        }

        /// A NaN in the gradient of a token's context affects that of its query, of all keys of its
        /// sequence and head, and its own column of all values.
        @Test(arguments: [3, 20, 35]) func aBrokenGradientStaysVisible(token: Int) {
            var test = AttentionCase(lengths: [3, 33, 4], heads: 2, width: 4, probability: 0)
            test.output[token * 8 + 5] = .nan
            for executor in executors {
                let memory = Memory()
                let gradient = withExtendedLifetime(memory) {
                    test.run(executor, memory).suffix(40 * 24)
                }
                for (index, value) in gradient.enumerated() {
                    let (row, part, column) = (index / 24, index % 24 / 8, index % 8)
                    let isReached =
                        switch part {
                        case 0: row == token && column >= 4
                        case 1: (3..<36).contains(row) && column >= 4
                        default: (3..<36).contains(row) && column == 5
                        }
                    #expect(value.isNaN == isReached)
                }
            }
        }
    }
}
