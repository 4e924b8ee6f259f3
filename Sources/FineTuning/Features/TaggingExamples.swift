/// A tagged sentence as an input with a label for each token.
///
/// Words are cut into pieces one by one; the first piece of a word carries its tag, all other tokens
/// are marked `LabelMap.ignored` (Hugging Face's `label_all_tokens` = false). A word without a token
/// (cut off at the maximum length, or made of characters the tokenizer removes) is predicted to be
/// `O`, and so is scored like any other.
public struct TaggingExample: Equatable, Sendable {
    /// The input.
    public let input: EncodedText
    /// The label of each token; `LabelMap.ignored` where it has none, or one not trained on.
    public let labels: [Int32]
    /// The token that each word is read at; nil where it has none.
    public let places: [Int?]
    /// The tag of each word, for scoring.
    public let tags: [String]

    /// The tag of words that have no token.
    public static let outside = "O"

    /// The words without a token.
    public var missingWords: Int { places.count { $0 == nil } }

    /// Makes the example of a sentence; `map` holds the tags trained on.
    public init(_ sentence: TaggedSentence, map: LabelMap, encoder: InputEncoder) {
        let room = encoder.maximumLength - 2
        var ids: [Int32] = []
        var labels: [Int32] = [LabelMap.ignored]
        var places: [Int?] = []
        for (word, tag) in zip(sentence.words, sentence.tags) {
            // Behind the first word that does not fit, none has a token.
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

    /// The tags that a prediction gives the words.
    ///
    /// - Parameter predicted: the class of each token of the input (padding behind it is ignored).
    public func predictedTags(_ predicted: [Int], map: LabelMap) -> [String] {
        places.map { $0.map { map.names[predicted[$0]] } ?? Self.outside }
    }
}
