import Randomness

/// How many samples each document gives in one epoch, summed up: 8 bytes a document, from which
/// the place of any sample is found by bisection.
struct EpochPlan: Sendable {
    let epoch: Int
    /// The number of samples before each document, and of all; one more than documents.
    private let firstSample: [Int]
    /// The order of samples, where it is not that of the documents.
    private let permutation: IndexPermutation?

    /// Walks all documents of `maker` once.
    init(epoch: Int, maker: SampleMaker, order: SampleOrder) {
        self.epoch = epoch
        var sums = [0]
        sums.reserveCapacity(maker.documents.count + 1)
        var sum = 0
        maker.documents.forEachDocument { document, offsets in
            var walk = maker.walk(epoch: epoch, document: document)
            while walk.nextPair(offsets.span) != nil { sum += 1 }
            sums.append(sum)
        }
        firstSample = sums
        permutation =
            order == .sequential
            ? nil
            : IndexPermutation(count: sum, seed: maker.seed, purpose: .sampleOrder, epoch: epoch)
    }

    /// The number of samples.
    var count: Int { firstSample[firstSample.count - 1] }

    /// The sample at place `place`: its number in the documents' order, its document, and which
    /// of the document's samples it is.
    func locate(_ place: Int) -> (number: Int, document: Int, pair: Int) {
        precondition(place >= 0 && place < count, "sample index out of range")
        let number = permutation?[place] ?? place
        let document = lastIndex(in: firstSample, notAbove: number)
        return (number, document, number - firstSample[document])
    }
}
