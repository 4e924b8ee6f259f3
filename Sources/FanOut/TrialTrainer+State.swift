import BERT
import Distributed
import FineTuning
import MPI
import Optimization
import Tensors
import Training

/// The state of a trial on disk: taken up where it was kept, and kept.
extension TrialTrainer {
    /// Takes up the state that was kept, if there is one and it is whole. Collective.
    ///
    /// - Returns: false where the trial is to start over.
    func resume() throws -> Bool {
        // One rank looks: on a network file system others may see something else.
        let hasState = try agreement.throwingTogether {
            try isLeader && setup.directory.prepare()
        }
        guard try agreement.anyTrue(hasState) else { return false }
        let kept = try agreement.throwingTogether {
            try check(setup.directory.readState())
        }
        if let damage = try agreement.firstFailure(kept.damage) {
            try link?.tell(
                .warning(
                    Message.short(
                        "its kept state is damaged, so the trial starts anew: \(damage.message)")))
        }
        guard try !agreement.anyTrue(kept.state == nil), let state = kept.state,
            let scaler = LossScaler(setup.scalerPolicy, state: state.scaler)
        else {
            try agreement.throwingTogether {
                if isLeader { try setup.directory.removeState() }
            }
            return false
        }
        self.state = state
        self.scaler = scaler
        try agreement.throwingTogether {
            // Only the leader keeps the best weights; the others read them to check the file.
            let kept = isLeader ? best : Block<Float>(count: model.layout.count)
            try setup.directory.readArrays(arrays(kept))
        }
        return true
    }

    /// The state if it can be resumed, and the damage otherwise. Without both it is that of other
    /// settings, and worthless.
    private func check(_ kept: TrialDirectory.Kept) -> (state: TrialState?, damage: String?) {
        switch kept {
        case .damaged(let text): return (nil, text)
        case .whole(let state):
            guard state.settings == setup.settings else { return (nil, nil) }
            guard LossScaler(setup.scalerPolicy, state: state.scaler) != nil,
                (0...plan.count).contains(state.batches),
                (0...state.batches).contains(state.updates)
            else { return (nil, "\(setup.directory.path)/state: its counts are out of range") }
            return (state, nil)
        }
    }

    private func arrays(_ best: Block<Float>) -> [(name: String, values: Vector<Float>)] {
        var arrays = [
            ("parameters", model.parameters.vector), ("exp_avg", optimizer.firstMoment.vector),
            ("exp_avg_sq", optimizer.secondMoment.vector),
        ]
        if state.best != nil { arrays.append(("best", best.vector)) }
        return arrays.map { (name: $0.0, values: $0.1) }
    }

    /// Writes the state, on the leader. Where that fails, the state before stays as it is, and the
    /// trial continues: a full disk may have room again.
    func keepState() throws {
        state.scaler = scaler.state
        state.seconds += clock() - startedAt
        startedAt = clock()
        savedAt = startedAt
        guard isLeader else { return }
        do {
            try setup.directory.write(state, arrays(best))
        } catch let error as CoordinatorError {
            throw error
        } catch {
            try link?.tell(.warning(Message.short("its state was not kept: \(error)")))
            return
        }
        try link?.tell(.kept)
    }
}
