import BERT
import Runtime
import Tensors
import Testing
import TrainingStep

/// Models rejected before any memory is allocated.
@Suite("the least memory of a model") struct ModelMemoryTests {
    private static let layout = ParameterLayout.pretraining(BERTConfiguration())

    private static func isRefused(_ memory: ModelMemory, available: Int) -> Bool {
        do throws(RuntimeError) {
            try memory.check(layout, available: MemoryShare(total: available))
            return false
        } catch {
            return error.exitCode == 78 && "\(error)".contains("takes at least")
        }
    }

    @Test("moments count once over the ranks that share them", arguments: [1, 2, 3, 8, 1000])
    func sharded(ranks: Int) {
        let count = Self.layout.count
        let needed = 4 * (2 * count + 2 * (count / ranks))
        let memory = ModelMemory.training(momentShards: ranks)
        #expect(memory.bytes(parameterCount: count) == needed)
        #expect(!Self.isRefused(memory, available: needed))
        #expect(Self.isRefused(memory, available: needed - 1))
        // Memory of a machine that could not hold all moments.
        let whole = ModelMemory.training(momentShards: 1)
        #expect(Self.isRefused(whole, available: needed) == (ranks > 1))
    }

    @Test("fine-tuning also keeps the best weights")
    func fineTuning() {
        let count = Self.layout.count
        #expect(ModelMemory.fineTuning.bytes(parameterCount: count) == 20 * count)
    }
}
