import BERT
import Corpus
import Evaluation
import Samples
import Testing
import Tokenization

@Suite struct EvaluationSummaryTests {
    /// A sample of `document` whose tokens are (label, loss, correct).
    private func sample(
        document: Int?, isRandomNext: Bool = false, nextLoss: Double = 0.5,
        nextCorrect: Bool = true,
        _ tokens: [(Int32, Float, Bool)]
    ) -> EvaluatedSample {
        var ids: [Int32] = [2, 3]
        for token in tokens { ids += [token.0, 3] }
        let made = PretrainingSample(
            identity: SampleIdentity(epoch: 0, index: 0), tokenIDs: ids,
            segmentIDs: [UInt8](repeating: 0, count: ids.count),
            maskedPositions: tokens.indices.map { Int32(2 * $0 + 2) },
            maskedLabels: tokens.map(\.0), isRandomNext: isRandomNext, document: document)
        let outcome = SequenceOutcome(
            maskedLoss: 0, maskedCorrect: 0, masked: tokens.count, nextSentenceLoss: nextLoss,
            nextSentenceCorrect: nextCorrect)
        return EvaluatedSample(
            made, outcome, tokens: tokens.map { TokenOutcome(loss: $0.1, isCorrect: $0.2) },
            vocabulary: vocabulary)
    }

    /// 5 "a", 6 "b", 7 "##c", 8 "d", 9 "##e".
    private let vocabulary: Vocabulary

    init() throws {
        vocabulary = try Vocabulary(
            utf8: Array("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##c\nd\n##e\n".utf8),
            source: "test")
    }

    @Test("sums, baselines and parts")
    func scores() throws {
        let samples = [
            sample(document: 0, [(5, 1, true), (5, 2, false), (7, 3, true)]),
            sample(
                document: 1, isRandomNext: true, nextLoss: 1.5, nextCorrect: false,
                [(5, 4, false), (6, 5, false)]),
            sample(document: 7, isRandomNext: true, [(8, 6, true)]),
        ]
        let corpora = [
            SourceCorpus(path: "en", firstDocument: 0), SourceCorpus(path: "zh", firstDocument: 4),
        ]
        let result = EvaluationSummary(samples, corpora: corpora).result
        #expect(result.masked.count == 6 && result.masked.accuracy == 0.5)
        #expect(result.masked.loss == 3.5)
        #expect(result.maskedBaselineID == 5 && result.masked.baseline == 0.5)
        #expect(result.nextSentence.count == 3 && result.nextSentence.accuracy == 2.0 / 3)
        #expect(result.nextSentence.loss == 2.5 / 3 && result.nextSentence.baseline == 2.0 / 3)
        let groups = Dictionary(uniqueKeysWithValues: result.groups.map { ($0.name, $0) })
        #expect(result.groups.map(\.name) == ["frequent", "rare", "whole", "piece", "en", "zh"])
        // Three of six tokens are "a": it alone is half of all.
        let frequent = try #require(groups["frequent"])
        #expect(frequent.masked.count == 3 && frequent.masked.accuracy == 1.0 / 3)
        #expect(frequent.masked.baseline == 1 && frequent.nextSentence == nil)
        #expect(groups["rare"]?.masked.count == 3)
        #expect(groups["piece"]?.masked.count == 1 && groups["whole"]?.masked.loss == 18.0 / 5)
        #expect(groups["en"]?.masked.count == 5 && groups["en"]?.nextSentence?.count == 2)
        #expect(groups["zh"]?.masked.accuracy == 1 && groups["zh"]?.nextSentence?.accuracy == 1)
        // A part with predictions in only one document has no interval.
        #expect(groups["zh"]?.masked.accuracyInterval == nil)
        #expect(result.masked.accuracyInterval != nil)
    }

    @Test("a single corpus is not a part; no predictions are not an error")
    func fewParts() {
        let corpora = [SourceCorpus(path: "en", firstDocument: 0)]
        let result = EvaluationSummary([], corpora: corpora).result
        #expect(result.masked.count == 0 && result.masked.accuracy == 0)
        #expect(result.masked.accuracyInterval == nil)
        #expect(result.groups.isEmpty)
    }

    @Test("the first token of a word that goes on is a piece, too")
    func pieces() {
        let sample = PretrainingSample(
            identity: SampleIdentity(epoch: 0, index: 0),
            // "a ##c b [MASK]", where "a", "##c" and "d" are masked.
            tokenIDs: [2, 4, 4, 6, 4, 3], segmentIDs: [UInt8](repeating: 0, count: 6),
            maskedPositions: [1, 2, 4], maskedLabels: [5, 7, 8], isRandomNext: false)
        let outcome = SequenceOutcome(
            maskedLoss: 0, maskedCorrect: 0, masked: 3, nextSentenceLoss: 0,
            nextSentenceCorrect: true)
        let found = EvaluatedSample(
            sample, outcome,
            tokens: [TokenOutcome](repeating: TokenOutcome(loss: 1, isCorrect: true), count: 3),
            vocabulary: vocabulary)
        #expect(found.tokens.map(\.isPiece) == [true, true, false])
        #expect(found.document == nil)
    }

    @Test("values exchanged between ranks arrive unchanged")
    func exchanged() {
        let samples = [
            sample(document: nil, nextLoss: 0.25, nextCorrect: false, []),
            sample(
                document: 123_456_789_012, isRandomNext: true, nextLoss: 3.5,
                [(1_000_000, 0.125, true), (0, .infinity, false)]),
        ]
        var words: [UInt64] = []
        for sample in samples { sample.append(to: &words) }
        var rest = words[...]
        #expect(EvaluatedSample(readingFrom: &rest) == samples[0])
        #expect(EvaluatedSample(readingFrom: &rest) == samples[1])
        #expect(rest.isEmpty)
    }
}

@Suite struct DocumentBootstrapTests {
    /// Documents of one prediction each: the interval of a proportion p of n is p ± 1.96
    /// √(p(1-p)/n).
    @Test("independent predictions: the binomial's interval")
    func binomial() throws {
        let documents = (0..<400).map { index in
            var tally = Tally()
            tally.add(loss: index % 4 == 0 ? 1 : 2, isCorrect: index % 4 == 0)
            return tally
        }
        let found = DocumentBootstrap.intervals([documents])[0]
        let accuracy = try #require(found.accuracy)
        let half = 1.96 * (0.25 * 0.75 / 400).squareRoot()
        #expect(abs(accuracy.lowerBound - (0.25 - half)) < 0.1 * half)
        #expect(abs(accuracy.upperBound - (0.25 + half)) < 0.1 * half)
        let loss = try #require(found.loss)
        #expect(abs(loss.lowerBound - (1.75 - half)) < 0.1 * half)
    }

    @Test("predictions of a document stand and fall together: the interval is wider")
    func clusters() throws {
        // The same 400 predictions, in 40 documents that are entirely right or entirely wrong.
        let documents = (0..<40).map { index in
            var tally = Tally()
            for _ in 0..<10 { tally.add(loss: 1, isCorrect: index % 4 == 0) }
            return tally
        }
        let found = try #require(DocumentBootstrap.intervals([documents])[0].accuracy)
        let half = 1.96 * (0.25 * 0.75 / 40).squareRoot()
        #expect(abs(found.upperBound - found.lowerBound - 2 * half) < 0.3 * half)
    }

    @Test("losses that are not finite have no interval", arguments: [Double.infinity, .nan])
    func notFinite(_ loss: Double) {
        let documents = (0..<4).map { index in
            var tally = Tally()
            tally.add(loss: index == 1 ? loss : 1, isCorrect: index == 2)
            return tally
        }
        let found = DocumentBootstrap.intervals([documents])[0]
        #expect(found.loss == nil && found.accuracy != nil)
    }

    @Test("a single document tells nothing of others")
    func single() {
        var tally = Tally()
        tally.add(loss: 1, isCorrect: true)
        #expect(DocumentBootstrap.intervals([[tally]])[0].accuracy == nil)
        #expect(DocumentBootstrap.intervals([[tally, Tally()]])[0].accuracy == nil)
        #expect(DocumentBootstrap.intervals([[]])[0].loss == nil)
        #expect(DocumentBootstrap.intervals([]).isEmpty)
    }
}
