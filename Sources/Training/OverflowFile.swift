import BERT
import Corpus
import DurableFiles
import FoundationEssentials
import Randomness

/// A micro-batch whose loss or gradient was not finite, with all it takes to compute it again.
struct OverflowFile: Codable, Equatable {
    /// One sample of the micro-batch, masks applied.
    struct Sample: Codable, Equatable {
        var epoch: Int
        var index: Int
        var tokenIDs: [Int32]
        var segmentIDs: [UInt8]
        var maskedPositions: [Int32]
        var maskedLabels: [Int32]
        var nextSentenceLabel: Int32

        enum CodingKeys: String, CodingKey {
            case epoch, index
            case tokenIDs = "token_ids"
            case segmentIDs = "segment_ids"
            case maskedPositions = "masked_positions"
            case maskedLabels = "masked_labels"
            case nextSentenceLabel = "next_sentence_label"
        }
    }

    /// Always `formatName`.
    var format = Self.formatName
    /// The update that was tried.
    var step: Int
    /// Batches that the run had taken, this one included.
    var batch: Int
    /// The rank that the samples were on, and the number of ranks.
    var rank: Int
    var ranks: Int
    /// `precision.compute`.
    var compute: String
    /// The loss scale.
    var lossScale: Double
    /// The finding, in words.
    var cause: String
    /// The first that was not finite: the module whose output it was, else the parameter whose
    /// gradient; empty where there is none.
    var tensor: String
    /// Addresses dropout.
    var seed: UInt64
    /// Masked tokens and sequences of the global batch, which divide the sums of losses.
    var globalMasked: Int
    var globalSequences: Int
    /// The newest checkpoint, relative to the run directory if it is in there; empty if there was
    /// none, and the step of its weights.
    var checkpoint: String
    var checkpointStep: Int
    /// The source of the weights without a checkpoint: a model's path, or empty for random ones.
    var initializeFrom: String
    /// The model's config.json.
    var model: String
    /// The number of samples that overflow alone, which come first in `samples`; 0 if none does.
    var suspects: Int
    var samples: [Sample]

    enum CodingKeys: String, CodingKey {
        case format, step, batch, rank, ranks, compute, cause, tensor, seed, checkpoint, model
        case suspects, samples
        case lossScale = "loss_scale"
        case globalMasked = "global_masked"
        case globalSequences = "global_sequences"
        case checkpointStep = "checkpoint_step"
        case initializeFrom = "initialize_from"
    }

    static let formatName = "bert-train overflow 1"
    /// The folder in a run directory.
    static let folder = "overflow"
    /// Files that a run keeps: later overflows are reported, but not kept, unless they end the run.
    static let maximumFiles = 16
    /// Samples that a file keeps: of a larger micro-batch, the first.
    static let maximumSamples = 64
    private static let maximumByteCount = 1 << 24

    /// The usual name: sorted by step and try.
    var name: String {
        func padded(_ number: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        }
        return "step-\(padded(step)).batch-\(padded(batch)).rank-\(rank).json"
    }

    /// Writes it into the run directory `run`, and never over another file: what is there from an
    /// earlier attempt at the same batch stays.
    ///
    /// - Returns: the path; nil where there are `maximumFiles` already and this is not the last.
    func write(run: String, isLast: Bool) throws -> String? {
        let directory = Paths.join(run, Self.folder)
        try Paths.createDirectory(directory)
        let path = Paths.join(directory, name)
        guard try Paths.kind(of: path) == .missing else { return path }
        guard try isLast || Paths.names(in: directory).count < Self.maximumFiles else {
            return nil
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try WholeFiles.writeAtomically(path, Array(try encoder.encode(self)) + [0x0A])
        return path
    }

    /// Reads a file that may come from anywhere; what the model must bear out is not checked here.
    ///
    /// - Throws: `FileError`, or `TrainingError` (65) with what is wrong.
    static func read(_ path: String) throws -> OverflowFile {
        let bytes = try WholeFiles.read(
            path, maximumByteCount: maximumByteCount, followingLinks: true)
        let file: OverflowFile
        do {
            file = try JSONDecoder().decode(OverflowFile.self, from: Data(bytes))
        } catch {
            throw TrainingError.data(
                "\(path) is not a file of `\(folder)` in a run directory: "
                    + ManifestFile.explain(error))
        }
        if let problem = file.problem {
            throw TrainingError.data("\(path) cannot be replayed: \(problem)")
        }
        return file
    }

    private var problem: String? {
        if format != Self.formatName { return "its format is not \"\(Self.formatName)\"" }
        if !(1...Self.maximumSamples).contains(samples.count) {
            return "it has \(samples.count) samples, not 1 to \(Self.maximumSamples)"
        }
        if !(0...samples.count).contains(suspects) { return "suspects is out of range" }
        let counts = [step, batch, rank, ranks, globalMasked, globalSequences, checkpointStep]
        if !counts.allSatisfy({ (0...1 << 53).contains($0) }) || globalSequences == 0 {
            return "a count is negative, or absurdly large"
        }
        if rank >= ranks { return "rank \(rank) is none of \(ranks)" }
        let masked = samples.reduce(0) { $0 + $1.maskedLabels.count }
        if masked > globalMasked || samples.count > globalSequences {
            return "its samples are more than those of the global batch"
        }
        // They come into messages.
        for text in [compute, tensor, cause, checkpoint, initializeFrom]
        where text.utf8.count > 4096
            || text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        {
            return "a text has control characters, or is too long"
        }
        return nil
    }
}

extension OverflowFile.Sample {
    /// A sample of a batch.
    init(_ sequence: PretrainingSequence) {
        self.init(
            epoch: sequence.epoch, index: sequence.sample, tokenIDs: sequence.tokenIDs,
            segmentIDs: sequence.segmentIDs, maskedPositions: sequence.maskedPositions,
            maskedLabels: sequence.maskedLabels, nextSentenceLabel: sequence.nextSentenceLabel)
    }

    /// The sample as a model of `configuration` takes it; nil where it cannot.
    func sequence(for configuration: BERTConfiguration) -> PretrainingSequence? {
        let length = tokenIDs.count
        let ids = 0..<Int32(clamping: configuration.vocabularySize)
        guard (1...max(1, configuration.maximumPositions)).contains(length),
            segmentIDs.count == length, maskedPositions.count == maskedLabels.count,
            maskedPositions.count <= length,
            (tokenIDs + maskedLabels).allSatisfy(ids.contains),
            segmentIDs.allSatisfy({ Int($0) < configuration.segmentKinds }),
            maskedPositions.allSatisfy({ $0 >= 0 && $0 < length }),
            Set(maskedPositions).count == maskedPositions.count,
            nextSentenceLabel == 0 || nextSentenceLabel == 1,
            (0..<RandomAddress.epochLimit).contains(epoch), index >= 0
        else { return nil }
        return PretrainingSequence(
            tokenIDs: tokenIDs, segmentIDs: segmentIDs, maskedPositions: maskedPositions,
            maskedLabels: maskedLabels, nextSentenceLabel: nextSentenceLabel, epoch: epoch,
            sample: index)
    }
}
