import BERT
import Samples
import Testing

/// Dropout is a function of seed, epoch and sample.
@Suite struct DropoutTests {
    private let sequences = TestModel.sequences([35, 12, 21])

    @Test("the same seed, epoch and sample drop the same; another of any drops another")
    func addresses() {
        let model = TestModel.make(TestModel.dropout)
        let outcomes = model.train(sequences, seed: 1)
        let gradients = model.gradientValues
        #expect(model.train(sequences, seed: 1) == outcomes)
        #expect(model.gradientValues == gradients)
        #expect(TestModel.make(TestModel.dropout).train(sequences, seed: 1) == outcomes)
        let (epoch, sample) = (
            changed { $0.identity.epoch = 1 }, changed { $0.identity.index += 100 }
        )
        for others in [
            model.train(sequences, seed: 2), model.train(epoch, seed: 1),
            model.train(sample, seed: 1), model.evaluate(sequences),
        ] {
            for (other, outcome) in zip(others, outcomes) {
                #expect(other.maskedLoss != outcome.maskedLoss)
                #expect(other.nextSentenceLoss != outcome.nextSentenceLoss)
            }
        }
    }

    private func changed(
        _ change: (inout PretrainingSample) -> Void
    ) -> [PretrainingSample] {
        sequences.map { sequence in
            var sequence = sequence
            change(&sequence)
            return sequence
        }
    }

    @Test("evaluation and inference drop nothing")
    func evaluation() {
        let plain = TestModel.make().evaluate(sequences)
        #expect(TestModel.make(TestModel.dropout).evaluate(sequences) == plain)
    }

    @Test("each of the probabilities does something")
    func places() {
        let plain = TestModel.make().train(sequences)
        let hidden = TestModel.configuration(hiddenDropout: 0.1)
        let attention = TestModel.configuration(attentionDropout: 0.1)
        let onHidden = TestModel.make(hidden).train(sequences)
        let onAttention = TestModel.make(attention).train(sequences)
        #expect(onHidden != plain && onAttention != plain && onHidden != onAttention)
    }
}
