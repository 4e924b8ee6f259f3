import Corpus
import Randomness
import Testing

@Suite struct TokenMaskerTests {
    private static let vocabularySize = 1000
    /// Ids from here on are `##` pieces.
    private static let firstPiece = 700

    private let vocabulary = testVocabulary(vocabularySize, piecesFrom: firstPiece)

    /// `[CLS] A [SEP] B [SEP]` of words of 1 to 4 pieces.
    private func sequence(_ length: Int, sample: Int) -> [Int32] {
        var generator = AddressedGenerator(
            RandomAddress(seed: 2, purpose: .synthetic, sample: sample))
        var tokens: [Int32] = [2]
        let cut = length > 5 ? generator.in(2...length - 3) : 2
        while tokens.count < length - 1 {
            let isPiece = tokens.count > 1 && generator.uniform() < 0.4
            tokens.append(
                tokens.count == cut
                    ? 3 : Int32(isPiece ? generator.in(700...999) : generator.in(5...699)))
        }
        return tokens + [3]
    }

    private func mask(
        _ tokens: [Int32], _ settings: MaskingSettings, sample: Int
    ) -> (shown: [Int32], positions: [Int32], labels: [Int32]) {
        var shown = tokens
        let masker = TokenMasker(settings: settings, vocabulary: vocabulary)
        let masks = masker.mask(
            &shown, at: RandomAddress(seed: 5, purpose: .masking, sample: sample))
        return (shown, masks.positions, masks.labels)
    }

    /// Google's formula, with Python's rounding.
    private func wanted(_ length: Int, _ settings: MaskingSettings) -> Int {
        let product = Double(length) * settings.probability
        return min(
            settings.maximumPredictions, max(1, Int(product.rounded(.toNearestOrEven))))
    }

    @Test(arguments: MaskingUnit.allCases, [5, 6, 7, 10, 31, 64, 128, 509])
    func keepsItsPromises(unit: MaskingUnit, length: Int) {
        let settings = MaskingSettings(maximumPredictions: 20, unit: unit)
        for sample in 0..<100 {
            let tokens = sequence(length, sample: sample)
            let (shown, positions, labels) = mask(tokens, settings, sample: sample)
            #expect(zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 })
            #expect(labels == positions.map { tokens[Int($0)] })
            #expect(labels.allSatisfy { $0 != 2 && $0 != 3 })
            let count = wanted(length, settings)
            if unit == .token {
                #expect(positions.count == min(count, length - 3))
            } else {
                #expect((1...max(count, 4)).contains(positions.count))
            }
            for position in tokens.indices where !positions.contains(Int32(position)) {
                #expect(shown[position] == tokens[position])
            }
        }
    }

    @Test(arguments: [MaskingUnit.wholeWord, .ngram, .span])
    func neverSplitsWords(unit: MaskingUnit) {
        for sample in 0..<2000 {
            let tokens = sequence(90, sample: sample)
            let masks = mask(tokens, MaskingSettings(unit: unit), sample: sample)
            let chosen = Set(masks.positions.map(Int.init))
            for position in 1..<tokens.count - 1
            where tokens[position] >= Self.firstPiece && tokens[position - 1] > 3 {
                #expect(chosen.contains(position) == chosen.contains(position - 1))
            }
        }
    }

    @Test(arguments: MaskingUnit.allCases)
    func masksFifteenPercent(unit: MaskingUnit) {
        let settings = MaskingSettings(maximumPredictions: 1000, unit: unit)
        let counts = (0..<400).map { sample in
            mask(sequence(400, sample: sample), settings, sample: sample).positions.count
        }
        #expect(counts.allSatisfy { $0 <= 60 })
        // Units that would overflow are skipped, which leaves almost nothing unused.
        #expect(counts.reduce(0, +) >= 400 * 59)
    }

    @Test(arguments: MaskingUnit.allCases)
    func replacesByTheSharesAsked(unit: MaskingUnit) {
        let settings = MaskingSettings(
            maximumPredictions: 1000, maskShare: 0.7, randomShare: 0.2, keepShare: 0.1, unit: unit)
        var (all, masked, kept, same) = (0, 0, 0, 0)
        var drawn = [Int](repeating: 0, count: Self.vocabularySize)
        for sample in 0..<3000 {
            let masks = mask(sequence(200, sample: sample), settings, sample: sample)
            for (position, label) in zip(masks.positions, masks.labels) {
                let shown = masks.shown[Int(position)]
                all += 1
                if shown == 4 {
                    masked += 1
                } else if shown == label {
                    kept += 1
                } else {
                    same += 1
                    drawn[Int(shown)] += 1
                }
            }
        }
        // Tokens of a span share one decision, so its counts vary more: by ten words at most.
        let spread = unit == .span ? 12 : 1
        let chance = 1.0 / Double(Self.vocabularySize)
        for (count, share) in [
            (masked, 0.7 + 0.2 * chance), (kept, 0.1 + 0.2 * chance), (same, 0.2 - 0.4 * chance),
        ] {
            #expect(isLikely(count / spread, of: all / spread, probability: share))
        }
        // Random tokens come from the whole vocabulary, special tokens included.
        let counts = [0, 1, 2, 3, 5, 699, 700, 999].map { drawn[$0] }
        #expect(counts.allSatisfy { isLikely($0, of: same, probability: chance) })
    }

    @Test func choosesPositionsUniformly() {
        let tokens =
            [2] + [Int32](repeating: 9, count: 40) + [3] + [Int32](repeating: 9, count: 20)
            + [3]
        var counts = [Int](repeating: 0, count: tokens.count)
        for sample in 0..<20_000 {
            for position in mask(tokens, MaskingSettings(), sample: sample).positions {
                counts[Int(position)] += 1
            }
        }
        let wanted = wanted(tokens.count, MaskingSettings())
        for position in tokens.indices where tokens[position] == 9 {
            #expect(isLikely(counts[position], of: 20_000, probability: Double(wanted) / 60))
        }
    }

    @Test func masksRunsOfWordsWithTheLengthsOfTheirUnit() {
        // Few predictions in a long text: runs are hardly ever cut or adjacent to one another.
        let tokens = [2] + (0..<2000).map { Int32(5 + $0 % 600) } + [3, 9, 3]
        let settings = MaskingSettings(maximumPredictions: 12, unit: .ngram)
        var runs = [Int](repeating: 0, count: 20)
        for sample in 0..<4000 {
            let positions = mask(tokens, settings, sample: sample).positions
            var length = 0
            for (index, position) in positions.enumerated() {
                length += 1
                if index + 1 == positions.count || positions[index + 1] != position + 1 {
                    runs[length] += 1
                    length = 0
                }
            }
        }
        let all = runs.reduce(0, +)
        // Near 6/11, 3/11 and 2/11; the last run is cut to the remainder.
        #expect((0.52...0.63).contains(Double(runs[1]) / Double(all)))
        #expect((0.22...0.30).contains(Double(runs[2]) / Double(all)))
        #expect((0.12...0.19).contains(Double(runs[3]) / Double(all)))
    }

    @Test func piecesDoNotJoinAcrossASeparator() {
        // B begins with a piece, because truncation has cut its word.
        let tokens: [Int32] = [2, 10, 3, 800, 3]
        for sample in 0..<200 {
            let masks = mask(tokens, MaskingSettings(unit: .wholeWord), sample: sample)
            #expect(masks.positions == [1] || masks.positions == [3])
        }
    }

    @Test func aSampleOfLongWordsHasAPredictionNevertheless() {
        // One prediction is requested, but both words have three pieces.
        let tokens: [Int32] = [2, 10, 800, 800, 3, 11, 801, 801, 3]
        let settings = MaskingSettings(unit: .wholeWord)
        for sample in 0..<50 {
            let positions = mask(tokens, settings, sample: sample).positions
            #expect(positions == [1, 2, 3] || positions == [5, 6, 7])
        }
        let strict = MaskingSettings(maximumPredictions: 2, unit: .wholeWord)
        #expect(mask(tokens, strict, sample: 0).positions.isEmpty)
    }

    /// `round(length * 0.5)` in Python 3: 1.5 -> 2, 2.5 -> 2, 3.5 -> 4.
    @Test(arguments: [(5, 2), (6, 3), (7, 4), (9, 4), (11, 6)])
    func roundsHalvesToEven(length: Int, count: Int) {
        let settings = MaskingSettings(probability: 0.5)
        let tokens = sequence(length, sample: 1)
        #expect(
            mask(tokens, settings, sample: 1).positions.count == min(count, length - 3))
    }

    @Test(arguments: [
        (MaskingSettings(probability: 0), "masking.probability"),
        (MaskingSettings(probability: .nan), "masking.probability"),
        (MaskingSettings(probability: 1.5), "masking.probability"),
        (MaskingSettings(maximumPredictions: 0), "masking.max_predictions"),
        (MaskingSettings(maskShare: 0.8, randomShare: 0.1, keepShare: 0.2), "add up to 1"),
        (MaskingSettings(maskShare: 1.2, randomShare: -0.1, keepShare: -0.1), "add up to 1"),
    ])
    func refusesSettingsThatMakeNoSense(settings: MaskingSettings, message: String) {
        let text = errorText { try SampleSettings(masking: settings).validate() }
        #expect(text?.contains(message) == true)
    }
}
