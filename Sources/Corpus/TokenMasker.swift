package import Randomness

/// Properties of a vocabulary that masking needs.
package struct MaskingVocabulary: Sendable {
    /// Number of ids.
    package let size: Int
    /// Id of `[CLS]`.
    package let classification: Int32
    /// Id of `[SEP]`.
    package let separator: Int32
    /// Id of `[MASK]`.
    package let mask: Int32
    /// Whether an id is a `##` piece that continues a word.
    package let isContinuation: [Bool]

    /// Describes a vocabulary of `isContinuation.count` ids with the given special ids.
    package init(
        classification: Int32, separator: Int32, mask: Int32, isContinuation: [Bool]
    ) {
        size = isContinuation.count
        self.classification = classification
        self.separator = separator
        self.mask = mask
        self.isContinuation = isContinuation
    }
}

/// Selects the tokens of a sample to predict, and their replacements:
/// `create_masked_lm_predictions` of Google's program, for all masking units.
///
/// It differs where Google's rules break words. There, a `##` piece joins the preceding word even
/// across `[SEP]`, and a sample whose words are all longer than the number to predict gets no
/// prediction. Here, a piece joins only the token right before it, and such a sample gets one word,
/// if that fits into `maximumPredictions`.
package struct TokenMasker: Sendable {
    private let settings: MaskingSettings
    private let vocabulary: MaskingVocabulary
    /// Prefix sums of `lengthWeights`, the last one being 1.
    private let lengthThresholds: [Double]

    /// Makes a masker for tokens of `vocabulary`.
    package init(settings: MaskingSettings, vocabulary: MaskingVocabulary) {
        self.settings = settings
        self.vocabulary = vocabulary
        let weights = settings.unit.lengthWeights
        let total = weights.reduce(0, +)
        var sum = 0.0
        lengthThresholds = weights.map { weight in
            sum += weight / total
            return sum
        }
    }

    /// Masks `tokens` in place.
    ///
    /// - Parameters:
    ///   - tokens: `[CLS] A [SEP] B [SEP]`; shape [length].
    ///   - address: Address of the random numbers; used for nothing else.
    /// - Returns: The positions to predict, in ascending order, and their original tokens.
    package func mask(
        _ tokens: inout [Int32], at address: RandomAddress
    ) -> (positions: [Int32], labels: [Int32]) {
        var generator = AddressedGenerator(address)
        var picked: [(position: Int32, label: Int32)] = []
        for range in choose(units(of: tokens), length: tokens.count, using: &generator) {
            replace(range, of: &tokens, picked: &picked, using: &generator)
        }
        picked.sort { $0.position < $1.position }
        return (picked.map(\.position), picked.map(\.label))
    }

    /// Smallest ranges that are masked together: tokens or words, without `[CLS]` and `[SEP]`.
    private func units(of tokens: [Int32]) -> [Range<Int>] {
        let joinsPieces = settings.unit != .token
        var units: [Range<Int>] = []
        units.reserveCapacity(tokens.count)
        for (position, token) in tokens.enumerated()
        where token != vocabulary.classification && token != vocabulary.separator {
            if joinsPieces, vocabulary.isContinuation[Int(token)], let last = units.last,
                last.upperBound == position
            {
                units[units.count - 1] = last.lowerBound..<position + 1
            } else {
                units.append(position..<position + 1)
            }
        }
        return units
    }

    /// Visits `units` in random order and selects runs of them until there are enough tokens.
    private func choose(
        _ units: [Range<Int>], length: Int, using generator: inout AddressedGenerator
    ) -> [Range<Int>] {
        var order = Array(units.indices)
        var isTaken = [Bool](repeating: false, count: units.count)
        var chosen: [Range<Int>] = []
        var wanted = settings.predictionCount(length: length)
        for place in order.indices where wanted > 0 {
            order.swapAt(place, place + generator.below(order.count - place))
            let first = order[place]
            guard !isTaken[first] else { continue }
            let most = runLength(using: &generator)
            var end = first
            while end < units.count && end - first < most && !isTaken[end]
                && units[end].upperBound - units[first].lowerBound <= wanted
                && (end == first || units[end - 1].upperBound == units[end].lowerBound)
            {
                isTaken[end] = true
                end += 1
            }
            guard end > first else { continue }
            let range = units[first].lowerBound..<units[end - 1].upperBound
            wanted -= range.count
            chosen.append(range)
        }
        if chosen.isEmpty,
            let fitting = order.first(where: { units[$0].count <= settings.maximumPredictions })
        {
            chosen.append(units[fitting])
        }
        return chosen
    }

    /// Number of units to mask together.
    private func runLength(using generator: inout AddressedGenerator) -> Int {
        guard lengthThresholds.count > 1 else { return 1 }
        let value = generator.uniform()
        let index = lengthThresholds.firstIndex { value < $0 }
        return 1 + (index ?? lengthThresholds.count - 1)
    }

    /// Replaces the tokens of `range` by `[MASK]` or random tokens, or leaves them unchanged.
    private func replace(
        _ range: Range<Int>, of tokens: inout [Int32],
        picked: inout [(position: Int32, label: Int32)],
        using generator: inout AddressedGenerator
    ) {
        let decidesOnce = settings.unit == .span
        var choice = generator.uniform()
        for position in range {
            if !decidesOnce && position > range.lowerBound { choice = generator.uniform() }
            picked.append((Int32(position), tokens[position]))
            if choice < settings.maskShare {
                tokens[position] = vocabulary.mask
            } else if choice < settings.maskShare + settings.randomShare {
                tokens[position] = Int32(generator.below(vocabulary.size))
            }
        }
    }
}
