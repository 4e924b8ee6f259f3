import BERT
import Corpus
import DurableFiles
import FoundationEssentials
import Randomness
import Samples

/// A micro-batch whose loss or gradient was not finite, with everything needed to recompute it.
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
    /// Number of the attempted update.
    var step: Int
    /// Number of batches the run had taken, including this one.
    var batch: Int
    /// Rank of the samples, and the number of ranks.
    var rank: Int
    var ranks: Int
    /// `precision.compute`.
    var compute: String
    /// The loss scale.
    var lossScale: Double
    /// Description of the finding.
    var cause: String
    /// Name of the first tensor that was not finite: the module for an output, otherwise the
    /// parameter for a gradient; empty if there is none.
    var tensor: String
    /// Seed of dropout.
    var seed: UInt64
    /// Masked tokens and sequences of the global batch, by which the sums of losses are divided.
    var globalMasked: Int
    var globalSequences: Int
    /// The newest checkpoint, relative to the run directory if inside it, and the step of its
    /// weights; empty if there was none.
    var checkpoint: String
    var checkpointStep: Int
    /// Source of the weights if there is no checkpoint: a model's path, or empty for random ones.
    var initializeFrom: String
    /// The model's config.json.
    var model: String
    /// Number of samples that overflow on their own, which come first in `samples`; 0 if none does.
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
    /// Its folder in a run directory.
    static let folder = "overflow"
    /// Maximum number of files per run: later overflows are reported but not saved, unless they end
    /// the run.
    static let maximumFiles = 16
    /// Maximum number of samples per file: the first ones of a larger micro-batch.
    static let maximumSamples = 64
    private static let maximumByteCount = 1 << 24

    /// Default file name: sorts by step and attempt.
    var name: String {
        func padded(_ number: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        }
        return "step-\(padded(step)).batch-\(padded(batch)).rank-\(rank).json"
    }

    /// Writes it into the run directory `run` without overwriting a file from an earlier attempt at
    /// the same batch.
    ///
    /// - Returns: the path; nil if `maximumFiles` exist already and this is not the last.
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

    /// Reads a file from an untrusted source; constraints that depend on the model are not checked
    /// here.
    ///
    /// - Throws: `FileError`, or `PretrainingError` (65) with the problem.
    static func read(_ path: String) throws -> OverflowFile {
        let bytes = try WholeFiles.read(
            path, maximumByteCount: maximumByteCount, followingLinks: true)
        let file: OverflowFile
        do {
            file = try JSONDecoder().decode(OverflowFile.self, from: Data(bytes))
        } catch {
            throw PretrainingError.data(
                "\(path) is not a file of `\(folder)` in a run directory: "
                    + ManifestFile.explain(error))
        }
        if let problem = file.problem {
            throw PretrainingError.data("\(path) cannot be replayed: \(problem)")
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
        // These strings are included in messages.
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
    /// Records a sample of a batch.
    init(_ sequence: PretrainingSample) {
        self.init(
            epoch: sequence.identity.epoch, index: sequence.identity.index,
            tokenIDs: sequence.tokenIDs, segmentIDs: sequence.segmentIDs,
            maskedPositions: sequence.maskedPositions, maskedLabels: sequence.maskedLabels,
            nextSentenceLabel: sequence.isRandomNext ? 1 : 0)
    }

    /// The sample as input for a model of `configuration`; nil if it does not fit.
    func sequence(for configuration: BERTConfiguration) -> PretrainingSample? {
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
        return PretrainingSample(
            identity: SampleIdentity(epoch: epoch, index: index), tokenIDs: tokenIDs,
            segmentIDs: segmentIDs, maskedPositions: maskedPositions, maskedLabels: maskedLabels,
            isRandomNext: nextSentenceLabel == 1)
    }
}
