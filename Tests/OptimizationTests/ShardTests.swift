import Glibc
import Kernels
import Optimization
import Tensors
import Testing

/// Ranks that share an update, as threads of this process.
@Suite struct ShardTests {
    private static let unit = KernelExecutor.squareBlock

    /// Sums over ranks, as threads: each contributes its numbers and receives the sums.
    private final class Sum: @unchecked Sendable {
        private let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)
        private var values: [[Double]]

        init(ranks: Int) {
            values = Array(repeating: [], count: ranks)
            pthread_barrier_init(barrier, nil, UInt32(ranks))
        }

        deinit {
            pthread_barrier_destroy(barrier)
            barrier.deallocate()
        }

        func wait() { pthread_barrier_wait(barrier) }

        func callAsFunction(_ rank: Int, _ own: inout [Double]) {
            // One array for all, so ranks take turns.
            for turn in values.indices {
                if turn == rank { values[rank] = own }
                wait()
            }
            let sums = own.indices.map { index in values.reduce(0) { $0 + $1[index] } }
            wait()
            own = sums
        }
    }

    /// Shards unrelated to tensors and terms: the units are dealt in turn.
    private static func shards(_ rank: Int, of ranks: Int, _ count: Int) -> [Range<Int>] {
        stride(from: rank * unit, to: count, by: ranks * unit).map {
            $0..<min($0 + unit, count)
        }
    }

    @Test(arguments: ReproducibilityTests.rules, [1, 2, 3, 5, 20])
    func shardedIsWhole(_ settings: OptimizerSettings, ranks: Int) {
        let count = oddLayout.count
        let parameters = noise(count, seed: 7, size: 0.5)
        var first = [Float](repeating: .nan, count: count)
        var second = first
        let optimizers = (0..<ranks).map { rank in
            Optimizer(
                settings: settings, layout: oddLayout, executor: KernelExecutor(threads: 1),
                shards: Self.shards(rank, of: ranks, count))
        }
        let sum = Sum(ranks: ranks)
        let gradients = (1...4).map { noise(count, seed: 100 + UInt64($0), size: 0.1) }
        // Values that a ring leaves where a rank owns nothing must not be used.
        let own = (0..<ranks).map { rank in
            gradients.map { whole in
                let block = Block<Float>(count: count)
                block.vector.fill(.nan)
                for shard in optimizers[rank].shards { block[shard].copy(from: whole[shard]) }
                return block
            }
        }
        nonisolated(unsafe) let ranksOptimizers = optimizers
        ThreadTeam(count: ranks).run { rank in
            let optimizer = ranksOptimizers[rank]
            for (index, gradients) in own[rank].enumerated() {
                let norm = optimizer.gradientNorm(gradients) { sum(rank, &$0) }
                optimizer.step(
                    number: index + 1, learningRate: 0.01, gradientNorm: norm,
                    parameters: parameters, gradients: gradients
                ) { sum(rank, &$0) }
                sum.wait()
            }
        }
        for optimizer in optimizers {
            var place = 0
            for shard in optimizer.shards {
                for index in shard {
                    first[index] = optimizer.firstMoment.vector[place]
                    second[index] = optimizer.secondMoment.vector[place]
                    place += 1
                }
            }
            #expect(place == optimizer.firstMoment.count && place == optimizer.secondMoment.count)
        }
        let whole = TrainedModel(settings, threads: 2)
        #expect(values(parameters) == whole.parameters)
        #expect(first == whole.first && second == whole.second)
    }

    @Test func normIsThatOfTheWhole() {
        let gradients = noise(oddLayout.count, seed: 9, size: 3)
        let settings = OptimizerSettings()
        let executor = KernelExecutor(threads: 1)
        let whole = Optimizer(settings: settings, layout: oddLayout, executor: executor)
        let sum = Sum(ranks: 3)
        nonisolated(unsafe) var norms = [0.0, 0, 0]
        ThreadTeam(count: 3).run { rank in
            let part = Optimizer(
                settings: settings, layout: oddLayout, executor: KernelExecutor(threads: 1),
                shards: Self.shards(rank, of: 3, oddLayout.count))
            let norm = part.gradientNorm(gradients, scale: 0.3) { sum(rank, &$0) }
            for turn in 0..<3 {
                if turn == rank { norms[rank] = norm }
                sum.wait()
            }
        }
        let expected = whole.gradientNorm(gradients, scale: 0.3)
        #expect(norms == [expected, expected, expected])
    }

    @Test func anotherRanksElementsStay() {
        let optimizer = Optimizer(
            settings: OptimizerSettings(), layout: oddLayout, executor: KernelExecutor(threads: 2),
            shards: [Self.unit..<3 * Self.unit, 5 * Self.unit..<5 * Self.unit])
        let parameters = noise(oddLayout.count, seed: 1, size: 1)
        let start = values(parameters)
        optimizer.step(
            number: 1, learningRate: 0.1, gradientNorm: 1, parameters: parameters,
            gradients: noise(oddLayout.count, seed: 2, size: 1)
        ) { _ in }
        for index in 0..<oddLayout.count {
            let inside = (Self.unit..<3 * Self.unit).contains(index)
            #expect((parameters.vector[index] != start[index]) == inside)
        }
        #expect(optimizer.firstMoment.count == 2 * Self.unit)
    }

    @Test func aCutTermStopsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            _ = Optimizer(
                settings: OptimizerSettings(), layout: oddLayout,
                executor: KernelExecutor(threads: 1), shards: [0..<100])
        }
    }
}
