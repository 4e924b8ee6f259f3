/// Entities found in sentences, scored as seqeval does by default (and conlleval before it): an
/// entity counts where its type, its first and its last word all agree.
///
/// The tags may be IOB1, IOB2, IOE1, IOE2 or IOBES: chunks begin and end by the rules of conlleval,
/// which read malformed sequences leniently (an I- after O, or of another type, begins a chunk).
public struct EntityScores: Equatable, Sendable {
    /// Counts of one type.
    public struct Counts: Equatable, Sendable {
        /// Entities in the data.
        public var gold = 0
        /// Entities predicted.
        public var predicted = 0
        /// Predicted entities that are in the data.
        public var correct = 0

        /// Part of the predicted entities that are right.
        public var precision: Double { ratio(correct, predicted) }
        /// Part of the entities in the data that were found.
        public var recall: Double { ratio(correct, gold) }
        /// Their harmonic mean.
        public var f1: Double {
            let sum = precision + recall
            return sum == 0 ? 0 : 2 * precision * recall / sum
        }
    }

    /// One type of entity.
    public struct TypeScore: Equatable, Sendable {
        /// Its name.
        public let name: String
        /// Its counts.
        public let counts: Counts
    }

    /// The types that occur, in the order of their code points.
    public let types: [TypeScore]
    /// Words whose tag was predicted.
    public let correctWords: Int
    /// All words.
    public let words: Int

    /// - Parameters:
    ///   - gold: the tags of the words of each sentence.
    ///   - predicted: the tags predicted for them.
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
        // UTF-8 sorts like code points.
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

    /// Part of the words whose tag was predicted.
    public var accuracy: Double { ratio(correctWords, words) }
}
