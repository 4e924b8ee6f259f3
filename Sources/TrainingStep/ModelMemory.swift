package import Runtime
package import Tensors

/// The arrays of the size of a model's parameters that a rank needs at least.
package struct ModelMemory {
    /// Arrays that it holds in full.
    var whole: Int
    /// Arrays of which it holds one of `shards` parts.
    var shared = 0
    var shards = 1

    /// Parameters alone.
    package static let evaluation = ModelMemory(whole: 1)
    /// Parameters and gradients.
    package static let gradients = ModelMemory(whole: 2)

    /// Two moments, which so many ranks share.
    package static func moments(shards: Int) -> ModelMemory {
        ModelMemory(whole: 0, shared: 2, shards: shards)
    }

    /// Parameters, gradients and two moments, which are sharded over the given number of ranks.
    package static func training(momentShards: Int) -> ModelMemory {
        ModelMemory(whole: 2, shared: 2, shards: momentShards)
    }

    /// Parameters, gradients, two moments, and the best weights so far.
    package static let fineTuning = ModelMemory(whole: 5)

    /// Minimum size in bytes on any rank, for `count` parameters.
    package func bytes(parameterCount count: Int) -> Int {
        (whole * count + shared * (count / shards)) * MemoryLayout<Float>.stride
    }

    /// Refuses a model that no memory of this machine can hold; before anything is allocated.
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
