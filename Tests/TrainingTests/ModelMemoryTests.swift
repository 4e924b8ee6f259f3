import BERT
import Tensors
import Testing
import Training

/// What a model is refused for before any memory is taken.
@Suite("the least memory of a model") struct ModelMemoryTests {
    private static let layout = ParameterLayout.pretraining(BERTConfiguration())

    private static func isRefused(_ memory: ModelMemory, available: Int) -> Bool {
        do {
            try ModelSetup.checkMemory(layout, memory, available: available)
            return false
        } catch let error as TrainingError {
            return error.exitCode == 78 && "\(error)".contains("needs at least")
        } catch {
            return false
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
        // What a machine has that could not hold all moments.
        let whole = ModelMemory.training(momentShards: 1)
        #expect(Self.isRefused(whole, available: needed) == (ranks > 1))
    }

    @Test("fine-tuning also keeps the best weights")
    func fineTuning() {
        let count = Self.layout.count
        #expect(ModelMemory.fineTuning.bytes(parameterCount: count) == 20 * count)
    }

    @Test("ranks share their node's memory, and the limit of their control group")
    func shortage() {
        func demand(_ bytes: Int, _ group: String = "", _ limit: Int? = nil) -> MemoryDemand {
            MemoryDemand(bytes: bytes, group: group, limit: limit)
        }
        func shortage(_ all: [MemoryDemand], machine: Int) -> [MemoryDemand.Shortage?] {
            all.map { MemoryDemand.shortage(of: $0, among: all, machine: machine) }
        }
        let node = MemoryDemand.Shortage(ranks: 2, wanted: 100, available: 99)
        #expect(shortage([demand(60), demand(40)], machine: 100) == [nil, nil])
        #expect(shortage([demand(60), demand(40)], machine: 99) == [node, node])
        // One group for both, and one for each.
        let group = MemoryDemand.Shortage(ranks: 2, wanted: 100, available: 80)
        #expect(
            shortage([demand(60, "g", 80), demand(40, "g", 80)], machine: 200) == [group, group])
        let own = MemoryDemand.Shortage(ranks: 1, wanted: 60, available: 50)
        #expect(shortage([demand(60, "g", 50), demand(40, "h", 50)], machine: 200) == [own, nil])
        // A limit above what the machine has is none.
        #expect(shortage([demand(60, "g", 500), demand(40)], machine: 99) == [node, node])
        for one in [demand(1 << 50), demand(5, "8:2\n", 7)] {
            #expect(MemoryDemand(text: one.text) == one)
        }
    }
}
