public import BERT
public import Corpus

extension PretrainingSequence {
    /// The input of a model for `sample`.
    public init(_ sample: PretrainingSample) {
        self.init(
            tokenIDs: sample.tokenIDs, segmentIDs: sample.segmentIDs,
            maskedPositions: sample.maskedPositions, maskedLabels: sample.maskedLabels,
            nextSentenceLabel: sample.isRandomNext ? 1 : 0, epoch: sample.identity.epoch,
            sample: sample.identity.index)
    }
}
