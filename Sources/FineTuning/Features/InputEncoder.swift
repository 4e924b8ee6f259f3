public import Tokenization

/// Turns texts and pairs of texts into inputs of at most so many tokens. One per thread.
public struct InputEncoder {
    /// The most tokens of an input, `[CLS]` and `[SEP]` included.
    public let maximumLength: Int
    /// Whose ids these are.
    public var tokenizer: WordPieceTokenizer { encoder.tokenizer }
    let encoder: WordPieceEncoder

    /// - Precondition: `maximumLength` is at least 4, so that a pair has room for one token.
    public init(_ tokenizer: WordPieceTokenizer, maximumLength: Int) {
        precondition(maximumLength >= 4, "an input needs at least 4 tokens")
        self.maximumLength = maximumLength
        encoder = WordPieceEncoder(tokenizer)
    }

    /// The input of a text or a pair. What is too long is cut at the end, `longest_first` as Hugging
    /// Face's fast tokenizers do it.
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

/// The lengths to which a pair is cut to have `maximum` tokens together: the longer one gives first;
/// where both are longer than half, the one that was longer (the second, if neither) keeps the odd
/// token. Source: `truncate_encodings` of huggingface/tokenizers. (Google's and Hugging Face's slow
/// code take single tokens away instead, which leaves the odd token to the first.)
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
