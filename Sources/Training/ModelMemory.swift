package import Runtime
package import Tensors

/// The arrays of the size of a model's parameters that a rank cannot do without.
package struct ModelMemory {
    /// Arrays that it has as a whole.
    var whole: Int
    /// Arrays of which it has one part of `shards`.
    var shared = 0
    var shards = 1

    /// Parameters alone.
    static let evaluation = ModelMemory(whole: 1)
    /// Parameters and gradients.
    static let gradients = ModelMemory(whole: 2)

    /// Two moments, which so many ranks share.
    static func moments(shards: Int) -> ModelMemory {
        ModelMemory(whole: 0, shared: 2, shards: shards)
    }

    /// Parameters, gradients and two moments, which so many ranks share.
    package static func training(momentShards: Int) -> ModelMemory {
        ModelMemory(whole: 2, shared: 2, shards: momentShards)
    }

    /// Parameters, gradients, two moments, and the best weights so far.
    package static let fineTuning = ModelMemory(whole: 5)

    /// Bytes of it, for `count` parameters: the least that any rank has.
    package func bytes(parameterCount count: Int) -> Int {
        (whole * count + shared * (count / shards)) * MemoryLayout<Float>.stride
    }
}

extension ModelSetup {
    /// Refuses a model that no memory of this machine can hold; before anything is allocated.
    ///
    /// - Parameter available: bytes that this process may have at most.
    /// - Throws: `RuntimeError` (78).
    package static func checkMemory(
        _ layout: ParameterLayout, _ wanted: ModelMemory, available: MemoryShare = .ofThisProcess
    ) throws {
        let needed = wanted.bytes(parameterCount: layout.count)
        try available.check(
            needed, of: "a model of \(layout.count) parameters", advice: "choose a smaller one")
    }
}
