/// Entity scores with seqeval's defaults (and those of conlleval before it): an entity is correct
/// if its type, first word and last word all match.
///
/// The tags may be IOB1, IOB2, IOE1, IOE2 or IOBES. Chunks begin and end by the rules of conlleval,
/// which accept malformed sequences (an I- after O, or of another type, begins a chunk).
public struct EntityScores: Equatable, Sendable {
    /// Entity counts of one type.
    public struct Counts: Equatable, Sendable {
        /// Entities in the data.
        public var gold = 0
        /// Entities predicted.
        public var predicted = 0
        /// Predicted entities that are in the data.
        public var correct = 0

        /// Fraction of predicted entities that are correct.
        public var precision: Double { ratio(correct, predicted) }
        /// Fraction of the entities in the data that were predicted.
        public var recall: Double { ratio(correct, gold) }
        /// Harmonic mean of precision and recall.
        public var f1: Double {
            let sum = precision + recall
            return sum == 0 ? 0 : 2 * precision * recall / sum
        }
    }

    /// Counts of one entity type.
    public struct TypeScore: Equatable, Sendable {
        /// Its name.
        public let name: String
        /// Its counts.
        public let counts: Counts
    }

    /// Types that occur, ordered by code points.
    public let types: [TypeScore]
    /// Number of words whose tag was predicted correctly.
    public let correctWords: Int
    /// Number of words.
    public let words: Int

    /// - Parameters:
    ///   - gold: tags of the words of each sentence.
    ///   - predicted: predicted tags of those words.
    public init(gold: [[String]], predicted: [[String]]) {
        precondition(gold.map(\.count) == predicted.map(\.count), "a tag for each word")
        let truth = Entity.all(in: gold)
        let found = Entity.all(in: predicted)
        var types: [[UInt8]: Counts] = [:]
        for entity in truth { types[entity.type, default: Counts()].gold += 1 }
        for entity in found { types[entity.type, default: Counts()].predicted += 1 }
        for entity in truth.intersection(found) {
            types[entity.type, default: Counts()].correct += 1
        }
        // UTF-8 sorts in code point order.
        self.types = types.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
            TypeScore(name: String(decoding: $0.key, as: UTF8.self), counts: $0.value)
        }
        var correct = 0
        for (gold, predicted) in zip(gold.joined(), predicted.joined())
        where gold.utf8.elementsEqual(predicted.utf8) { correct += 1 }
        correctWords = correct
        words = gold.reduce(0) { $0 + $1.count }
    }

    /// Counts of all types together (seqeval's default, `average="micro"`).
    public var overall: Counts {
        types.reduce(into: Counts()) {
            $0.gold += $1.counts.gold
            $0.predicted += $1.counts.predicted
            $0.correct += $1.counts.correct
        }
    }

    /// Fraction of words whose tag was predicted correctly.
    public var accuracy: Double { ratio(correctWords, words) }
}
