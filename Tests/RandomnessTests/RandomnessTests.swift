import Randomness
import Testing

@Suite struct PhiloxTests {
    /// Known answers from Random123's `kat_vectors` (philox4x32, 10 rounds).
    @Test func matchesKnownAnswers() {
        let zeros = Philox.block(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
        #expect(zeros == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = Philox.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        #expect(ones == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        let pi = Philox.block(
            counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
            key: SIMD2(0xa409_3822, 0x299f_31d0))
        #expect(pi == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }
}

@Suite struct AddressedGeneratorTests {
    private func generator(
        _ sample: Int, purpose: RandomPurpose = .synthetic
    ) -> AddressedGenerator {
        AddressedGenerator(RandomAddress(seed: 7, purpose: purpose, epoch: 3, sample: sample))
    }

    @Test func addressesDoNotShareNumbers() {
        var seen = Set<UInt64>()
        for purpose in RandomPurpose.allCases {
            for sample in [0, 1, 2, 1 << 32, 1 << 40] {
                var numbers = generator(sample, purpose: purpose)
                for _ in 0..<100 { #expect(seen.insert(numbers.next()).inserted) }
            }
        }
    }

    @Test func sameAddressGivesSameNumbers() {
        var first = generator(5)
        var second = generator(5)
        for _ in 0..<50 { #expect(first.next() == second.next()) }
    }

    @Test(arguments: [1, 2, 3, 7, 10, 1000])
    func integersAreUniform(bound: Int) {
        var numbers = generator(bound)
        var counts = [Int](repeating: 0, count: bound)
        let draws = 2000 * bound
        for _ in 0..<draws { counts[numbers.below(bound)] += 1 }
        // Chi-squared has bound - 1 degrees of freedom; six standard deviations never happen.
        let chi = counts.map { Double(($0 - 2000) * ($0 - 2000)) / 2000 }.reduce(0, +)
        let freedom = Double(bound - 1)
        #expect(chi <= freedom + 6 * (2 * freedom).squareRoot() + 1e-9)
    }

    @Test func normalsHaveTheRightMoments() {
        var numbers = generator(1)
        let plain = (0..<200_000).map { _ in numbers.normal() }
        let truncated = (0..<200_000).map { _ in numbers.truncatedNormal() }
        func deviation(_ values: [Double]) -> Double {
            (values.map { $0 * $0 }.reduce(0, +) / Double(values.count)).squareRoot()
        }
        #expect(abs(deviation(plain) - 1) < 0.01)
        #expect(abs(deviation(truncated) - 0.8796) < 0.01)
        #expect(truncated.allSatisfy { abs($0) < 2 })
    }
}

@Suite struct IndexPermutationTests {
    @Test(arguments: [0, 1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 1000, 4097])
    func visitsEveryIndexOnce(count: Int) {
        let order = IndexPermutation(count: count, seed: 9, purpose: .sampleOrder, epoch: 2)
        #expect((0..<count).map { order[$0] }.sorted() == Array(0..<count))
    }

    @Test func epochsAndSeedsDiffer() {
        func order(_ seed: UInt64, _ epoch: Int) -> [Int] {
            let permutation = IndexPermutation(
                count: 500, seed: seed, purpose: .sampleOrder, epoch: epoch)
            return (0..<500).map { permutation[$0] }
        }
        #expect(order(1, 0) != order(1, 1))
        #expect(order(1, 0) != order(2, 0))
        #expect(order(1, 0) == order(1, 0))
    }

    /// Computed in Python by the definition: over halves of ceil(ceil(log2 count) / 2) bits, six
    /// rounds (l, r) -> (r, l ^ philox([r, 2 << 24 | round << 16 | epoch, count, 0], seed)[0]),
    /// where 2 is the purpose and seed has two words, low first, until the number is below count.
    /// A change means that runs cannot be repeated with the same order.
    @Test(
        arguments: [
            (7, 0, [8, 9, 7, 6, 3, 4, 1, 0, 2, 5]),
            (7, 1, [9, 6, 8, 2, 1, 5, 4, 3, 0, 7]),
            (7 << 32 | 9, 65535, [8, 2, 1, 6, 7, 9, 3, 5, 0, 4]),
        ] as [(UInt64, Int, [Int])])
    func ordersStayWhatTheyWere(seed: UInt64, epoch: Int, order: [Int]) {
        let permutation = IndexPermutation(
            count: 10, seed: seed, purpose: .sampleOrder, epoch: epoch)
        #expect((0..<10).map { permutation[$0] } == order)
    }

    /// An index's image should not depend on the index: the mean distance between neighbours of a
    /// shuffled range is a third of its length.
    @Test func scattersNeighbours() {
        let count = 10_000
        let order = IndexPermutation(count: count, seed: 1, purpose: .sampleOrder, epoch: 0)
        let distance = (1..<count).map { abs(order[$0] - order[$0 - 1]) }.reduce(0, +)
        let mean = Double(distance) / Double(count - 1)
        #expect(abs(mean / Double(count) - 1.0 / 3) < 0.02)
    }

    @Test func reachesHugeRanges() {
        let count = 1 << 50
        let order = IndexPermutation(count: count, seed: 1, purpose: .sampleOrder, epoch: 0)
        let places = [0, 1, count / 2, count - 1]
        #expect(Set(places.map { order[$0] }).count == 4)
    }
}
