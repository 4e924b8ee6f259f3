import Randomness

/// Number of samples of each document in one epoch, as prefix sums: 8 bytes per document, from
/// which any sample is found by bisection.
struct EpochPlan: Sendable {
    let epoch: Int
    /// Number of samples before each document, plus the total count.
    private let firstSample: [Int]
    /// Order of samples; nil for the order of the documents.
    private let permutation: IndexPermutation?

    /// Scans all documents of `maker` once.
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

    /// Number of samples.
    var count: Int { firstSample[firstSample.count - 1] }

    /// Locates the sample at `place`: its number in the documents' order, its document, and its
    /// index within the document.
    func locate(_ place: Int) -> (number: Int, document: Int, pair: Int) {
        precondition(place >= 0 && place < count, "sample index out of range")
        let number = permutation?[place] ?? place
        let document = lastIndex(in: firstSample, notAbove: number)
        return (number, document, number - firstSample[document])
    }
}
