import Kernels
import Tensors

/// One sequence of a pre-training batch, without padding.
public struct PretrainingSequence: Sendable {
    /// [CLS] A [SEP] B [SEP], masks applied.
    public var tokenIDs: [Int32]
    /// Segment of each token.
    public var segmentIDs: [UInt8]
    /// Positions to predict, below `tokenIDs.count`.
    public var maskedPositions: [Int32]
    /// The token to predict at each of them.
    public var maskedLabels: [Int32]
    /// Label of next-sentence prediction: 1 = random, 0 = is next.
    public var nextSentenceLabel: Int32
    /// The epoch that addresses this sequence's dropout masks.
    public var epoch: Int
    /// The sample number that addresses this sequence's dropout masks.
    public var sample: Int

    /// A sequence of the given parts.
    public init(
        tokenIDs: [Int32], segmentIDs: [UInt8], maskedPositions: [Int32], maskedLabels: [Int32],
        nextSentenceLabel: Int32, epoch: Int, sample: Int
    ) {
        self.tokenIDs = tokenIDs
        self.segmentIDs = segmentIDs
        self.maskedPositions = maskedPositions
        self.maskedLabels = maskedLabels
        self.nextSentenceLabel = nextSentenceLabel
        self.epoch = epoch
        self.sample = sample
    }
}

/// How large a batch a model has room for.
public struct BatchCapacity: Sendable, Equatable {
    /// The most sequences.
    public let sequences: Int
    /// The most tokens of one sequence.
    public let sequenceLength: Int
    /// The most tokens of a batch.
    public let tokens: Int
    /// The most predictions of a batch.
    public let masked: Int

    /// Room for `sequences` of up to `sequenceLength` tokens with `maskedPerSequence` predictions.
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

    /// Room for batches of both kinds, one at a time.
    public func union(_ other: BatchCapacity) -> BatchCapacity {
        BatchCapacity(
            sequences: max(sequences, other.sequences),
            sequenceLength: max(sequenceLength, other.sequenceLength),
            tokens: max(tokens, other.tokens), masked: max(masked, other.masked))
    }
}

/// A batch as the kernels read it: sequences one after another, without padding.
final class PretrainingBatch {
    /// The number of sequences.
    private(set) var sequences = 0
    /// The number of tokens.
    private(set) var tokens = 0
    /// The number of predictions.
    private(set) var masked = 0

    private let capacity: BatchCapacity
    private let tokenIDs: Block<Int32>
    private let segmentIDs: Block<Int32>
    private let positionIDs: Block<Int32>
    private let rows: Block<RandomRow>
    private let offsets: Block<Int32>
    private let maskedOffsets: Block<Int32>
    private let maskedRows: Block<Int32>
    private let maskedLabels: Block<Int32>
    private let nextSentenceLabels: Block<Int32>

    /// An empty batch with room for `capacity`.
    init(capacity: BatchCapacity) {
        self.capacity = capacity
        tokenIDs = Block(count: capacity.tokens)
        segmentIDs = Block(count: capacity.tokens)
        positionIDs = Block(count: capacity.tokens)
        rows = Block(count: capacity.tokens)
        offsets = Block(count: capacity.sequences + 1)
        maskedOffsets = Block(count: capacity.sequences + 1)
        maskedRows = Block(count: capacity.masked)
        maskedLabels = Block(count: capacity.masked)
        nextSentenceLabels = Block(count: capacity.sequences)
    }

    /// Replaces the contents by `sequences`.
    ///
    /// - Precondition: they fit the capacity and `configuration`: data is checked where it is read.
    func assign(
        _ sequences: some Collection<PretrainingSequence>, for configuration: BERTConfiguration
    ) {
        precondition(sequences.count <= capacity.sequences, "too many sequences")
        (self.sequences, tokens, masked) = (0, 0, 0)
        for sequence in sequences { append(sequence, configuration) }
    }

    private func append(_ sequence: PretrainingSequence, _ configuration: BERTConfiguration) {
        let length = sequence.tokenIDs.count
        precondition(length > 0 && length <= capacity.sequenceLength, "sequence length")
        precondition(length <= configuration.maximumPositions, "more tokens than positions")
        precondition(sequence.segmentIDs.count == length, "one segment a token")
        precondition(sequence.maskedPositions.count == sequence.maskedLabels.count)
        precondition(masked + sequence.maskedLabels.count <= capacity.masked, "too many masks")
        precondition(tokens + length <= capacity.tokens, "too many tokens")
        precondition(sequence.nextSentenceLabel == 0 || sequence.nextSentenceLabel == 1)
        let vocabulary = 0..<Int32(configuration.vocabularySize)
        for position in 0..<length {
            let token = sequence.tokenIDs[position]
            precondition(vocabulary.contains(token), "token id out of range")
            let segment = Int32(sequence.segmentIDs[position])
            precondition(segment < configuration.segmentKinds, "segment id out of range")
            let row = tokens + position
            tokenIDs.vector[row] = token
            segmentIDs.vector[row] = segment
            positionIDs.vector[row] = Int32(position)
            rows.vector[row] = RandomRow(
                epoch: sequence.epoch, sample: sequence.sample, position: position)
        }
        for (position, label) in zip(sequence.maskedPositions, sequence.maskedLabels) {
            precondition(position >= 0 && position < length, "masked position out of range")
            precondition(vocabulary.contains(label), "label out of range")
            maskedRows.vector[masked] = Int32(tokens) + position
            maskedLabels.vector[masked] = label
            masked += 1
        }
        nextSentenceLabels.vector[sequences] = sequence.nextSentenceLabel
        sequences += 1
        tokens += length
        offsets.vector[sequences] = Int32(tokens)
        maskedOffsets.vector[sequences] = Int32(masked)
    }

    var indices: EmbeddingIndices {
        EmbeddingIndices(
            tokens: tokenIDs[0..<tokens], segments: segmentIDs[0..<tokens],
            positions: positionIDs[0..<tokens])
    }
    var randomRows: Vector<RandomRow> { rows[0..<tokens] }
    var bounds: SequenceBounds { SequenceBounds(offsets: offsets[0..<sequences + 1]) }
    var firstTokens: Vector<Int32> { offsets[0..<sequences] }
    var maskedTokenRows: Vector<Int32> { maskedRows[0..<masked] }
    var labels: Vector<Int32> { maskedLabels[0..<masked] }
    var nextLabels: Vector<Int32> { nextSentenceLabels[0..<sequences] }

    /// The predictions of sequence `index` among all.
    func maskedRange(_ index: Int) -> Range<Int> {
        Int(maskedOffsets.vector[index])..<Int(maskedOffsets.vector[index + 1])
    }
}
