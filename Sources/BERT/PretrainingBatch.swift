import Kernels
import Samples
import Tensors

/// Largest batch that a model has memory for.
public struct BatchCapacity: Sendable, Equatable, CustomStringConvertible {
    /// Maximum number of sequences.
    public let sequences: Int
    /// Maximum number of tokens in one sequence.
    public let sequenceLength: Int
    /// Maximum number of tokens in a batch.
    public let tokens: Int
    /// Maximum number of predictions in a batch.
    public let masked: Int

    /// Creates room for `sequences` of up to `sequenceLength` tokens with `maskedPerSequence`
    /// predictions.
    public init(sequences: Int, sequenceLength: Int, maskedPerSequence: Int) {
        precondition(sequences > 0 && sequenceLength > 0 && maskedPerSequence >= 0)
        self.init(
            sequences: sequences, sequenceLength: sequenceLength,
            tokens: sequences * sequenceLength, masked: sequences * maskedPerSequence)
    }

    private init(sequences: Int, sequenceLength: Int, tokens: Int, masked: Int) {
        self.sequences = sequences
        self.sequenceLength = sequenceLength
        self.tokens = tokens
        self.masked = masked
    }

    /// Text for messages.
    public var description: String {
        "micro-batches of up to \(sequences) sequences of \(sequenceLength) tokens"
    }

    /// Returns room for batches of both capacities, one at a time.
    public func union(_ other: BatchCapacity) -> BatchCapacity {
        BatchCapacity(
            sequences: max(sequences, other.sequences),
            sequenceLength: max(sequenceLength, other.sequenceLength),
            tokens: max(tokens, other.tokens), masked: max(masked, other.masked))
    }
}

/// Pre-training batch in the form that the kernels read: its tokens and its prediction targets.
final class PretrainingBatch {
    /// Tokens of the batch.
    let inputs: TokenBatch
    /// Number of predictions.
    private(set) var masked = 0

    private let capacity: BatchCapacity
    private let maskedOffsets: Block<Int32>
    private let maskedRows: Block<Int32>
    private let maskedLabels: Block<Int32>
    private let nextSentenceLabels: Block<Int32>

    /// Creates an empty batch with room for `capacity`.
    init(capacity: BatchCapacity) {
        self.capacity = capacity
        inputs = TokenBatch(capacity: capacity)
        maskedOffsets = Block(count: capacity.sequences + 1)
        maskedRows = Block(count: capacity.masked)
        maskedLabels = Block(count: capacity.masked)
        nextSentenceLabels = Block(count: capacity.sequences)
    }

    /// Number of sequences.
    var sequences: Int { inputs.sequences }
    /// Number of tokens.
    var tokens: Int { inputs.tokens }

    /// Replaces the contents with `sequences`.
    ///
    /// - Precondition: they fit the capacity and `configuration`; data is verified when it is read.
    func assign(
        _ sequences: some Collection<PretrainingSample>, for configuration: BERTConfiguration
    ) {
        inputs.removeAll()
        masked = 0
        for sequence in sequences { append(sequence, configuration) }
    }

    private func append(_ sequence: PretrainingSample, _ configuration: BERTConfiguration) {
        let length = sequence.tokenIDs.count
        precondition(sequence.maskedPositions.count == sequence.maskedLabels.count)
        precondition(masked + sequence.maskedLabels.count <= capacity.masked, "too many masks")
        let (index, start) = (sequences, tokens)
        inputs.append(
            tokenIDs: sequence.tokenIDs, segmentIDs: sequence.segmentIDs,
            epoch: sequence.identity.epoch, sample: sequence.identity.index, configuration)
        let vocabulary = 0..<Int32(configuration.vocabularySize)
        for (position, label) in zip(sequence.maskedPositions, sequence.maskedLabels) {
            precondition(position >= 0 && position < length, "masked position out of range")
            precondition(vocabulary.contains(label), "label out of range")
            maskedRows.vector[masked] = Int32(start) + position
            maskedLabels.vector[masked] = label
            masked += 1
        }
        nextSentenceLabels.vector[index] = sequence.isRandomNext ? 1 : 0
        maskedOffsets.vector[sequences] = Int32(masked)
    }

    var maskedTokenRows: Vector<Int32> { maskedRows[0..<masked] }
    var labels: Vector<Int32> { maskedLabels[0..<masked] }
    var nextLabels: Vector<Int32> { nextSentenceLabels[0..<sequences] }

    /// Returns the range of the predictions of sequence `index` among all predictions.
    func maskedRange(_ index: Int) -> Range<Int> {
        Int(maskedOffsets.vector[index])..<Int(maskedOffsets.vector[index + 1])
    }
}
