import Kernels
import Tensors

/// Tokens of a batch in the form that the kernels read: sequences one after another, without
/// padding.
final class TokenBatch {
    /// Number of sequences.
    private(set) var sequences = 0
    /// Number of tokens.
    private(set) var tokens = 0

    private let capacity: BatchCapacity
    private let tokenIDs: Block<Int32>
    private let segmentIDs: Block<Int32>
    private let positionIDs: Block<Int32>
    private let rows: Block<RandomRow>
    private let offsets: Block<Int32>

    /// Creates an empty batch with room for `capacity`.
    init(capacity: BatchCapacity) {
        self.capacity = capacity
        tokenIDs = Block(count: capacity.tokens)
        segmentIDs = Block(count: capacity.tokens)
        positionIDs = Block(count: capacity.tokens)
        rows = Block(count: capacity.tokens)
        offsets = Block(count: capacity.sequences + 1)
    }

    /// Removes all sequences.
    func removeAll() { (sequences, tokens) = (0, 0) }

    /// Adds a sequence; `epoch` and `sample` address its dropout masks.
    ///
    /// - Precondition: it fits the capacity and `configuration`; data is verified when it is read.
    func append(
        tokenIDs ids: [Int32], segmentIDs segments: [UInt8], epoch: Int, sample: Int,
        _ configuration: BERTConfiguration
    ) {
        let length = ids.count
        precondition(sequences < capacity.sequences, "too many sequences")
        precondition(length > 0 && length <= capacity.sequenceLength, "sequence length")
        precondition(length <= configuration.maximumPositions, "more tokens than positions")
        precondition(segments.count == length, "one segment a token")
        precondition(tokens + length <= capacity.tokens, "too many tokens")
        let vocabulary = 0..<Int32(configuration.vocabularySize)
        for position in 0..<length {
            let token = ids[position]
            precondition(vocabulary.contains(token), "token id out of range")
            let segment = Int32(segments[position])
            precondition(segment < configuration.segmentKinds, "segment id out of range")
            let row = tokens + position
            tokenIDs.vector[row] = token
            segmentIDs.vector[row] = segment
            positionIDs.vector[row] = Int32(position)
            rows.vector[row] = RandomRow(epoch: epoch, sample: sample, position: position)
        }
        sequences += 1
        tokens += length
        offsets.vector[sequences] = Int32(tokens)
    }

    var indices: EmbeddingIndices {
        EmbeddingIndices(
            tokens: tokenIDs[0..<tokens], segments: segmentIDs[0..<tokens],
            positions: positionIDs[0..<tokens])
    }
    var randomRows: Vector<RandomRow> { rows[0..<tokens] }
    var bounds: SequenceBounds { SequenceBounds(offsets: offsets[0..<sequences + 1]) }
    var firstTokens: Vector<Int32> { offsets[0..<sequences] }

    /// Returns the range of the rows of sequence `index`.
    func rows(of index: Int) -> Range<Int> {
        Int(offsets.vector[index])..<Int(offsets.vector[index + 1])
    }
}
