public import Tokenization

/// Encodes texts and pairs of texts as inputs of bounded length. One per thread.
public struct InputEncoder {
    /// Maximum length of an input in tokens, including `[CLS]` and `[SEP]`.
    public let maximumLength: Int
    /// The tokenizer that assigns the ids.
    public var tokenizer: WordPieceTokenizer { encoder.tokenizer }
    let encoder: WordPieceEncoder

    /// - Precondition: `maximumLength` is at least 4, so that a pair has room for one token.
    public init(_ tokenizer: WordPieceTokenizer, maximumLength: Int) {
        precondition(maximumLength >= 4, "an input needs at least 4 tokens")
        self.maximumLength = maximumLength
        encoder = WordPieceEncoder(tokenizer)
    }

    /// Encodes a text or a pair. Input that is too long is truncated at the end by `longest_first`,
    /// as in Hugging Face's fast tokenizers.
    public func encode(_ first: String, _ second: String? = nil) -> EncodedText {
        let first = ids(first)
        guard let second = second.map(ids) else {
            return joined(first.prefix(maximumLength - 2), nil)
        }
        let lengths = longestFirst(first.count, second.count, maximum: maximumLength - 3)
        return joined(first.prefix(lengths.first), second.prefix(lengths.second))
    }

    /// Token ids of a text, without `[CLS]` and `[SEP]`.
    func ids(_ text: String) -> [Int32] {
        var ids: [Int32] = []
        var text = text
        text.withUTF8 { encoder.encode(UnsafeRawBufferPointer($0), into: &ids) }
        return ids
    }

    func joined(_ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>?) -> EncodedText {
        EncodedText(
            first: first, second: second, clsID: tokenizer.vocabulary.clsID,
            sepID: tokenizer.vocabulary.sepID)
    }
}

/// The lengths to which a pair is truncated so that their sum is `maximum`. The longer text is
/// truncated first; if both are longer than half, the originally longer one (the second on a tie)
/// keeps the odd token. Source: `truncate_encodings` of huggingface/tokenizers. (Google's code and
/// Hugging Face's slow tokenizers remove one token at a time instead, which leaves the odd token to
/// the first.)
func longestFirst(_ first: Int, _ second: Int, maximum: Int) -> (first: Int, second: Int) {
    if first + second <= maximum { return (first, second) }
    let shorter = min(first, second)
    var short = shorter
    var long = shorter > maximum ? shorter : max(shorter, maximum - shorter)
    if short + long > maximum {
        short = maximum / 2
        long = short + maximum % 2
    }
    return first > second ? (long, short) : (short, long)
}
