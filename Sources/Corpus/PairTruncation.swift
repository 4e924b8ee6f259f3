package import Randomness

/// Truncates a pair of token ranges to `maximum` tokens in total: `truncate_seq_pair` of Google's
/// program. Tokens are removed one at a time from the longer range (the second on a tie), from its
/// front or its back by a fair coin.
package func truncatePair(
    _ first: inout Range<Int>, _ second: inout Range<Int>, maximum: Int,
    using generator: inout AddressedGenerator
) {
    while first.count + second.count > maximum {
        let isFront = generator.nextWord() >> 31 == 1
        if first.count > second.count {
            first = shortened(first, atFront: isFront)
        } else {
            second = shortened(second, atFront: isFront)
        }
    }
}

private func shortened(_ range: Range<Int>, atFront isFront: Bool) -> Range<Int> {
    isFront
        ? range.lowerBound + 1..<range.upperBound
        : range.lowerBound..<range.upperBound - 1
}
