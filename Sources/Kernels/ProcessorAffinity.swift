import CKernels

/// The processors on which threads may run.
package enum ProcessorAffinity {
    /// The largest number of a processor, plus 1.
    private static let limit = 1 << 16
    private static let wordBits = UInt.bitWidth

    /// Lets the calling thread run on `processors` only. False where the system refuses.
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

    /// The processors that the calling thread may run on; empty where the system does not say.
    package static var ofThisThread: [Int] {
        var words = [UInt](repeating: 0, count: limit / wordBits)
        guard bert_get_affinity(words.count, &words) else { return [] }
        return (0..<limit).filter { words[$0 / wordBits] >> UInt($0 % wordBits) & 1 == 1 }
    }
}
