import ArgumentParser
import Runtime

/// Limits of the options.
enum Limits {
    static func check(threads: Int) throws {
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads is \(threads); it must lie between 1 and 1024")
        }
    }

    static func check(pairs: Int) throws {
        guard (1...1000).contains(pairs) else {
            throw ValidationError("--pairs is \(pairs); it must lie between 1 and 1000")
        }
    }

    static func check(micro: Int, sequenceLength: Int) throws {
        guard (1...4096).contains(micro) else {
            throw ValidationError("--micro is \(micro); it must lie between 1 and 4096")
        }
        guard (2...512).contains(sequenceLength) else {
            throw ValidationError(
                "--sequence-length is \(sequenceLength); it must lie between 2 and 512")
        }
    }

    /// Throws if the memory is insufficient, before anything is allocated.
    ///
    /// - Parameter parameters: number of the model's parameters, each with two moments in addition
    ///   to `bytes`.
    static func check(bytes: Int, parameters: Int, micro: Int) throws {
        let moments = 2 * parameters * MemoryLayout<Float>.stride
        try MemoryShare.ofThisProcess.check(
            bytes + moments, of: "a step of \(micro) sequences", advice: "lower --micro")
    }
}
