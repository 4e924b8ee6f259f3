import BERT
import Distributed
import FineTuning
import FoundationEssentials
import MPI

/// Scores a trial's model on the evaluation data, using all ranks of a group. The outputs of an
/// input do not depend on its batch, so the scores are bitwise equal for any number of ranks.
struct TrialEvaluator {
    private let setup: TrialSetup
    private let model: BERTForFineTuning
    private let inputs: TaskInputs
    private let stopPoll: StopPoll
    private let tick: () -> Void

    init(
        _ setup: TrialSetup, model: BERTForFineTuning, inputs: TaskInputs, stopPoll: StopPoll,
        tick: @escaping () -> Void
    ) {
        self.setup = setup
        self.model = model
        self.inputs = inputs
        self.stopPoll = stopPoll
        self.tick = tick
    }

    /// The scores, on all ranks; nil if a rank was asked to stop. Collective.
    ///
    /// - Throws: `FanOutError` if an output is not finite, because NaN is neither right nor wrong.
    func scores() throws -> TaskScores? {
        var isFinite = true
        guard let outputs = try outputs(&isFinite) else { return nil }
        let own = try Agreement(among: setup.group).throwingTogether {
            guard isFinite else {
                throw FanOutError(
                    "the model's outputs on the evaluation data are not finite; lower the learning "
                        + "rate, or take another precision")
            }
            guard setup.group.rank == 0 else { return [UInt8]() }
            let scores = TaskScores.scores(
                setup.task, setup.data.evaluate, labels: setup.data.labels, outputs: outputs,
                progress: tick)
            return Array(try JSONEncoder().encode(scores))
        }
        let bytes = try setup.group.broadcast(bytes: own)
        return try JSONDecoder().decode(TaskScores.self, from: Data(bytes))
    }

    /// Condensed outputs of each input, on rank 0 of the group; `isFinite` becomes false if an
    /// output of this rank is not finite.
    private func outputs(_ isFinite: inout Bool) throws -> [[Float]]? {
        let shares = (0..<setup.group.size).map { rank in
            inputs.batches(
                Partition(count: inputs.count, parts: setup.group.size)[rank],
                inputs: setup.configuration.microBatchSize)
        }
        var own: [[Float]] = []
        for round in 0..<(shares.map(\.count).max() ?? 0) {
            if round < shares[setup.group.rank].count {
                let batch = shares[setup.group.rank][round].map { inputs.example($0, epoch: 0) }
                own += model.predict(batch, progress: tick).map { logits in
                    isFinite = isFinite && logits.allSatisfy(\.isFinite)
                    return setup.task.kind.condensed(logits, classes: model.head.outputs)
                }
            }
            tick()
            if try stopPoll.check() { return nil }
        }
        guard setup.group.size > 1 else { return own }
        return try setup.group.allGather(bytes: Self.encode(own)).flatMap(Self.decode)
    }

    /// Encodes lists one after another, each with its count.
    private static func encode(_ lists: [[Float]]) -> [UInt8] {
        var words: [UInt32] = []
        for list in lists {
            words.append(UInt32(list.count))
            words += list.map(\.bitPattern)
        }
        return words.withUnsafeBytes { Array($0) }
    }

    private static func decode(_ bytes: [UInt8]) -> [[Float]] {
        let words = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
        }
        var lists: [[Float]] = []
        var next = 0
        while next < words.count {
            let end = next + 1 + Int(words[next])
            lists.append(words[next + 1..<end].map { Float(bitPattern: $0) })
            next = end
        }
        return lists
    }
}
