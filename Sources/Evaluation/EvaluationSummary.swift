package import Corpus

/// Turns the samples of all ranks, in order, into scores.
package struct EvaluationSummary {
    private let samples: [EvaluatedSample]
    /// Number of each sample's document, from 0 in the order of first appearance.
    private let documents: [Int]
    private let documentCount: Int
    private let corpora: [SourceCorpus]

    package init(_ samples: [EvaluatedSample], corpora: [SourceCorpus]) {
        self.samples = samples
        self.corpora = corpora
        var numbers: [Int: Int] = [:]
        documents = samples.enumerated().map { index, sample in
            // A sample without a document counts as its own document; numbers from -1 down are not
            // documents.
            let key = sample.document ?? -1 - index
            return numbers[key]
                ?? {
                    numbers[key] = numbers.count
                    return numbers.count - 1
                }()
        }
        documentCount = numbers.count
    }

    /// One series of predictions, as it grows.
    private struct Series {
        var documents: [Tally]
        var total = Tally()
        var labels: [Int32: Int] = [:]

        init(documents: Int) { self.documents = [Tally](repeating: Tally(), count: documents) }

        mutating func add(_ token: EvaluatedToken, document: Int) {
            documents[document].add(loss: Double(token.loss), isCorrect: token.isCorrect)
            total.add(loss: Double(token.loss), isCorrect: token.isCorrect)
            labels[token.label, default: 0] += 1
        }

        mutating func add(nextSentenceOf sample: EvaluatedSample, document: Int) {
            let loss = Double(sample.nextSentenceLoss)
            documents[document].add(loss: loss, isCorrect: sample.isNextSentenceCorrect)
            total.add(loss: loss, isCorrect: sample.isNextSentenceCorrect)
            labels[sample.isRandomNext ? 1 : 0, default: 0] += 1
        }

        /// The first of equally frequent labels.
        var mostFrequent: (label: Int32, count: Int) {
            labels.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
                ?? (0, 0)
        }

        func score(_ intervals: DocumentBootstrap.Intervals) -> EvaluationScore {
            let count = Double(max(total.count, 1))
            return EvaluationScore(
                accuracy: Double(total.correct) / count, loss: total.loss / count,
                count: total.count, baseline: Double(mostFrequent.count) / count,
                accuracyInterval: intervals.accuracy, lossInterval: intervals.loss)
        }
    }

    /// The series that always exist. Those of the corpora follow, two for each.
    private enum Place {
        static let masked = 0
        static let nextSentence = 1
        static let frequent = 2
        static let rare = 3
        static let whole = 4
        static let piece = 5
        static let count = 6

        static func masked(ofCorpus corpus: Int) -> Int { count + 2 * corpus }
        static func nextSentence(ofCorpus corpus: Int) -> Int { count + 2 * corpus + 1 }
    }

    package var result: EvaluationResult {
        let parts = corpora.count > 1 ? corpora : []
        var series = [Series](
            repeating: Series(documents: documentCount), count: Place.count + 2 * parts.count)
        let frequent = frequentLabels()
        for (sample, document) in zip(samples, documents) {
            let corpus = corpus(of: sample)
            series[Place.nextSentence].add(nextSentenceOf: sample, document: document)
            if let corpus {
                series[Place.nextSentence(ofCorpus: corpus)].add(
                    nextSentenceOf: sample, document: document)
            }
            for token in sample.tokens {
                let frequency = frequent.contains(token.label) ? Place.frequent : Place.rare
                let word = token.isPiece ? Place.piece : Place.whole
                series[Place.masked].add(token, document: document)
                series[frequency].add(token, document: document)
                series[word].add(token, document: document)
                if let corpus {
                    series[Place.masked(ofCorpus: corpus)].add(token, document: document)
                }
            }
        }
        let intervals = DocumentBootstrap.intervals(series.map(\.documents))
        let scores = zip(series, intervals).map { $0.score($1) }
        return EvaluationResult(
            masked: scores[Place.masked],
            maskedBaselineID: Int(series[Place.masked].mostFrequent.label),
            nextSentence: scores[Place.nextSentence],
            groups: Self.groups(of: parts, scores))
    }

    /// Subsets without a masked token have no scores, and are omitted.
    private static func groups(
        of corpora: [SourceCorpus], _ scores: [EvaluationScore]
    ) -> [EvaluationGroup] {
        let ofTokens: [(EvaluationGroup.Criterion, String, Int)] = [
            (.frequency, "frequent", Place.frequent), (.frequency, "rare", Place.rare),
            (.word, "whole", Place.whole), (.word, "piece", Place.piece),
        ]
        let groups =
            ofTokens.map {
                EvaluationGroup(criterion: $0.0, name: $0.1, masked: scores[$0.2])
            }
            + corpora.enumerated().map { index, corpus in
                EvaluationGroup(
                    criterion: .corpus, name: corpus.path,
                    masked: scores[Place.masked(ofCorpus: index)],
                    nextSentence: scores[Place.nextSentence(ofCorpus: index)])
            }
        return groups.filter { $0.masked.count > 0 }
    }

    private func corpus(of sample: EvaluatedSample) -> Int? {
        guard corpora.count > 1, let document = sample.document else { return nil }
        return corpora.lastIndex { $0.firstDocument <= document }
    }

    /// Returns the smallest set of labels that makes up at least half of all masked tokens; the
    /// first of equally frequent labels.
    private func frequentLabels() -> Set<Int32> {
        var counts: [Int32: Int] = [:]
        for sample in samples {
            for token in sample.tokens { counts[token.label, default: 0] += 1 }
        }
        let total = counts.values.reduce(0, +)
        var frequent: Set<Int32> = []
        var covered = 0
        for (label, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            guard 2 * covered < total else { break }
            covered += count
            frequent.insert(label)
        }
        return frequent
    }
}
