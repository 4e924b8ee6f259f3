import CKernels

/// Processors on which threads may run.
package enum ProcessorAffinity {
    /// Largest processor number, plus 1.
    private static let limit = 1 << 16
    private static let wordBits = UInt.bitWidth

    /// Restricts the calling thread to `processors`. Returns false if the system refuses.
    @discardableResult
    package static func bindThisThread(to processors: [Int]) -> Bool {
        guard !processors.isEmpty, processors.allSatisfy({ (0..<limit).contains($0) }) else {
            return false
        }
        var words = [UInt](repeating: 0, count: limit / wordBits)
        for processor in processors {
            words[processor / wordBits] |= 1 << UInt(processor % wordBits)
        }
        return bert_set_affinity(words.count, words)
    }

    /// Processors on which the calling thread may run; empty if the system does not say.
    package static var ofThisThread: [Int] {
        var words = [UInt](repeating: 0, count: limit / wordBits)
        guard bert_get_affinity(words.count, &words) else { return [] }
        return (0..<limit).filter { words[$0 / wordBits] >> UInt($0 % wordBits) & 1 == 1 }
    }
}
