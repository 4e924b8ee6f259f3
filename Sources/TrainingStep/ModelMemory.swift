package import Runtime
package import Tensors

/// Number of parameter-sized arrays that a rank needs at least.
package struct ModelMemory {
    /// Number of arrays that the rank holds in full.
    var whole: Int
    /// Number of arrays of which the rank holds one of `shards` parts.
    var shared = 0
    var shards = 1

    /// Parameters only.
    package static let evaluation = ModelMemory(whole: 1)
    /// Parameters and gradients.
    package static let gradients = ModelMemory(whole: 2)

    /// Returns two moments, sharded over the given number of ranks.
    package static func moments(shards: Int) -> ModelMemory {
        ModelMemory(whole: 0, shared: 2, shards: shards)
    }

    /// Returns parameters, gradients and two moments, sharded over the given number of ranks.
    package static func training(momentShards: Int) -> ModelMemory {
        ModelMemory(whole: 2, shared: 2, shards: momentShards)
    }

    /// Parameters, gradients, two moments, and the best weights so far.
    package static let fineTuning = ModelMemory(whole: 5)

    /// Returns the minimum size in bytes on any rank, for `count` parameters.
    package func bytes(parameterCount count: Int) -> Int {
        (whole * count + shared * (count / shards)) * MemoryLayout<Float>.stride
    }

    /// Rejects a model that does not fit the memory of this machine, before anything is allocated.
    ///
    /// - Parameter available: maximum memory of this process, in bytes.
    /// - Throws: `RuntimeError` (78).
    package func check(
        _ layout: ParameterLayout, available: MemoryShare = .ofThisProcess
    ) throws(RuntimeError) {
        try available.check(
            bytes(parameterCount: layout.count), of: "a model of \(layout.count) parameters",
            advice: "choose a smaller one")
    }
}
