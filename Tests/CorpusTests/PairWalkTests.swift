import Corpus
import Randomness
import Testing

@Suite struct PairWalkTests {
    /// Token offsets of sentences of the given lengths.
    private func offsets(_ lengths: [Int]) -> [Int64] {
        lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int64($1)) }
    }

    private func pairs(
        _ lengths: [Int], maximum: Int = 61, short: Double = 0.1, hasOthers: Bool = true,
        document: Int = 0
    ) -> [PlannedPair] {
        let offsets = offsets(lengths)
        var walk = PairWalk(
            address: RandomAddress(seed: 3, purpose: .sentencePair, sample: document),
            maximumTokens: maximum, shortSequenceProbability: short, hasOtherDocuments: hasOthers)
        var pairs: [PlannedPair] = []
        while let pair = walk.nextPair(offsets.span) { pairs.append(pair) }
        return pairs
    }

    @Test(arguments: [(1, 1), (2, 1), (3, 5), (17, 40), (200, 30), (50, 300)])
    func coversEverySentenceInOrder(sentences: Int, tokens: Int) {
        for (document, lengths) in randomLengths(300, sentences: sentences, tokens: tokens)
            .enumerated()
        {
            var end = 0
            for pair in pairs(lengths, document: document) {
                #expect(!pair.first.isEmpty)
                #expect(pair.isRandomNext == pair.second.isEmpty)
                #expect(pair.second.lowerBound == pair.first.upperBound)
                // Only the last sentence, if alone, may take in one that was used before.
                let isRetake = pair.first.lowerBound == end - 1 && pair.second.count == 1
                #expect(pair.first.lowerBound == end || isRetake)
                end = pair.second.upperBound
            }
            #expect(end == lengths.count)
        }
    }

    @Test func givesEachKindOfChunkAFairCoin() {
        var trials: [String: (all: Int, random: Int)] = [:]
        for (document, lengths) in randomLengths(4000, sentences: 30, tokens: 60).enumerated()
        where lengths.count > 1 {
            for pair in pairs(lengths, document: document) {
                // Facts independent of the coin: the length of A's first sentence, and whether the
                // document is near its end.
                let isLong = lengths[pair.first.lowerBound] >= 50
                let isLast = pair.second.upperBound >= lengths.count - 1
                for key in ["all", "long \(isLong)"] + (isLast ? [] : ["inside"]) {
                    trials[key, default: (0, 0)].all += 1
                    trials[key, default: (0, 0)].random += pair.isRandomNext ? 1 : 0
                }
            }
        }
        for key in ["all", "long true", "long false"] {
            let (all, random) = trials[key, default: (0, 0)]
            #expect(all > 3000)
            #expect(isLikely(random, of: all, probability: 0.5), "\(key): \(random) of \(all)")
        }
    }

    @Test func sentencesLongerThanTheTargetArePairedToo() {
        let lengths = [Int](repeating: 500, count: 2000)
        let pairs = pairs(lengths, short: 0)
        #expect(pairs.allSatisfy { $0.first.count == 1 && $0.second.count <= 1 })
        #expect(isLikely(pairs.count { $0.isRandomNext }, of: pairs.count, probability: 0.5))
    }

    @Test func cutsChunksUniformly() {
        // 60 tokens of target and sentences of 6: every full chunk has 10 sentences, 9 cuts.
        let pairs = pairs([Int](repeating: 6, count: 100_000), maximum: 60, short: 0)
        var counts = [Int](repeating: 0, count: 11)
        for pair in pairs.dropLast(2) { counts[pair.first.count] += 1 }
        let trials = counts.reduce(0, +)
        #expect(counts[0] == 0 && counts[10] == 0)
        for cut in 1...9 { #expect(isLikely(counts[cut], of: trials, probability: 1.0 / 9)) }
    }

    @Test func aimsAtShorterLengthsAsOftenAsAsked() {
        let targets = (0..<20_000).map { document in
            pairs([1, 1], short: 0.1, document: document)[0].targetLength
        }
        let isShort = targets.count { $0 < 61 }
        // One in sixty of the short ones is as long as the others.
        #expect(isLikely(isShort, of: targets.count, probability: 0.1 * 59 / 60))
        #expect(targets.allSatisfy { (2...61).contains($0) })
        #expect(Set(targets).count == 60)
    }

    @Test func oneSentenceIsAlwaysForeign() {
        for document in 0..<100 {
            let pairs = pairs([4], document: document)
            #expect(pairs.count == 1 && pairs[0].isRandomNext)
        }
    }

    @Test func withoutOtherDocumentsNothingIsForeign() {
        for (document, lengths) in randomLengths(200, sentences: 9, tokens: 70).enumerated() {
            let pairs = pairs(lengths, hasOthers: false, document: document)
            #expect(pairs.allSatisfy { !$0.isRandomNext && !$0.second.isEmpty })
            #expect(pairs.isEmpty == (lengths.count == 1))
        }
    }
}

@Suite struct PairTruncationTests {
    private func truncate(_ first: Int, _ second: Int, to maximum: Int, sample: Int) -> (
        Range<Int>, Range<Int>
    ) {
        var generator = AddressedGenerator(
            RandomAddress(seed: 1, purpose: .sentencePair, sample: sample))
        var a = 0..<first
        var b = 0..<second
        truncatePair(&a, &b, maximum: maximum, using: &generator)
        return (a, b)
    }

    @Test(arguments: [(3, 4, 7), (10, 1, 5), (1, 10, 5), (7, 7, 13), (7, 7, 12), (500, 3, 61)])
    func takesFromTheLongerOne(first: Int, second: Int, maximum: Int) {
        // The remainder does not depend on chance: the longer one shrinks to the shorter one, then
        // both in turn, the second one first.
        let excess = max(0, first + second - maximum)
        var (a, b) = (first, second)
        for _ in 0..<excess { if a > b { a -= 1 } else { b -= 1 } }
        for sample in 0..<50 {
            let (left, right) = truncate(first, second, to: maximum, sample: sample)
            #expect(left.count == a && right.count == b)
            #expect(left.lowerBound >= 0 && left.upperBound <= first)
            #expect(right.lowerBound >= 0 && right.upperBound <= second)
        }
    }

    @Test func takesFromBothEndsAlike() {
        var front = 0
        for sample in 0..<1000 { front += truncate(110, 1, to: 11, sample: sample).0.lowerBound }
        #expect(isLikely(front, of: 1000 * 100, probability: 0.5))
    }
}
