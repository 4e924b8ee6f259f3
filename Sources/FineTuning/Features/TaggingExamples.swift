/// A tagged sentence as an input with a label per token.
///
/// Words are split into pieces one by one. The first piece of a word carries its tag; all other
/// tokens are labelled `LabelMap.ignored` (Hugging Face's `label_all_tokens` = false). A word
/// without a token (cut off at the maximum length, or consisting of characters that the tokenizer
/// removes) is predicted as `O` and scored like any other.
public struct TaggingExample: Equatable, Sendable {
    /// The input.
    public let input: EncodedText
    /// Label of each token; `LabelMap.ignored` if it has no tag, or a tag that was not trained on.
    public let labels: [Int32]
    /// Index of the first token of each word; nil if the word has no token.
    public let places: [Int?]
    /// Tag of each word, for scoring.
    public let tags: [String]

    /// Tag predicted for words without a token.
    public static let outside = "O"

    /// Number of words without a token.
    public var missingWords: Int { places.count { $0 == nil } }

    /// Encodes a sentence; `map` contains the tags trained on.
    public init(_ sentence: TaggedSentence, map: LabelMap, encoder: InputEncoder) {
        let room = encoder.maximumLength - 2
        var ids: [Int32] = []
        var labels: [Int32] = [LabelMap.ignored]
        var places: [Int?] = []
        for (word, tag) in zip(sentence.words, sentence.tags) {
            // Once a word does not fit, no later word gets a token.
            let pieces = ids.count < room ? encoder.ids(word) : []
            places.append(pieces.isEmpty ? nil : ids.count + 1)
            for (index, piece) in pieces.prefix(room - ids.count).enumerated() {
                ids.append(piece)
                let label = index == 0 ? map.id(of: tag).map { Int32($0) } : nil
                labels.append(label ?? LabelMap.ignored)
            }
        }
        labels.append(LabelMap.ignored)
        input = encoder.joined(ids[...], nil)
        self.labels = labels
        self.places = places
        tags = sentence.tags
    }

    /// The predicted tag of each word.
    ///
    /// - Parameter predicted: the class of each token of the input; padding at the end is ignored.
    public func predictedTags(_ predicted: [Int], map: LabelMap) -> [String] {
        places.map { $0.map { map.names[predicted[$0]] } ?? Self.outside }
    }
}
