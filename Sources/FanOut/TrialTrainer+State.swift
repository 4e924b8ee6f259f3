import BERT
import Distributed
import FineTuning
import MPI
import Optimization
import Tensors
import TrainingStep

/// Saving and resuming the state of a trial.
extension TrialTrainer {
    /// Restores the saved state, if there is an intact one. Collective.
    ///
    /// - Returns: false if the trial starts from the beginning.
    func resume() throws -> Bool {
        // Only one rank checks, because on a network file system others may see something else.
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
        replica.scaler = scaler
        try agreement.throwingTogether {
            // Only the leader keeps the best weights; the others read them to verify the file.
            let kept = isLeader ? best : Block<Float>(count: model.layout.count)
            try setup.directory.readArrays(arrays(kept))
        }
        return true
    }

    /// The state if it can be resumed, otherwise the damage. If both are nil, the state belongs to
    /// other settings and is useless.
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
            ("parameters", model.parameters.vector),
            ("exp_avg", replica.optimizer.firstMoment.vector),
            ("exp_avg_sq", replica.optimizer.secondMoment.vector),
        ]
        if state.best != nil { arrays.append(("best", best.vector)) }
        return arrays.map { (name: $0.0, values: $0.1) }
    }

    /// Writes the state, on the leader. If that fails, the previous state is unchanged and the
    /// trial continues, because a full disk may have room again later.
    func keepState() throws {
        state.scaler = replica.scaler.state
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
