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
    static let evaluation = ModelMemory(whole: 1)
    /// Parameters and gradients.
    static let gradients = ModelMemory(whole: 2)

    /// Two moments, sharded over the given number of ranks.
    static func moments(shards: Int) -> ModelMemory {
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
}

extension ModelSetup {
    /// Throws if a model cannot fit into this machine's memory; called before anything is
    /// allocated.
    ///
    /// - Parameter available: maximum memory of this process, in bytes.
    /// - Throws: `RuntimeError` (78).
    package static func checkMemory(
        _ layout: ParameterLayout, _ wanted: ModelMemory, available: MemoryShare = .ofThisProcess
    ) throws {
        let needed = wanted.bytes(parameterCount: layout.count)
        try available.check(
            needed, of: "a model of \(layout.count) parameters", advice: "choose a smaller one")
    }
}
