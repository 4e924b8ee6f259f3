import Checkpointing
import Corpus
import DurableFiles
import ExitCoding
import FileNames
import Formats
import Reporting
import Tokenization

/// Inspection of a run without training: its files, data, vocabulary and model. Problems are
/// collected. Checks that depend on a failed one, or on settings that could not be read, are
/// skipped.
struct RunInspection {
    private(set) var problems: [CheckReport.Problem] = []
    /// The checkpoint from which the run would resume.
    private(set) var resumption = Resumption()
    /// Warnings about the model that the run starts from.
    private(set) var notices: [String] = []
    /// The model, if it is valid.
    private(set) var setup: ModelSetup?
    /// The phases, if all are valid.
    private(set) var phases: [PretrainingPhase] = []

    private let options: RunOptions
    private let ranks: Int
    private let unread: UnreadKeys

    /// Inspects the run that `options` describe, on `ranks` ranks.
    ///
    /// - Parameters:
    ///   - unread: keys of the configuration that could not be read.
    ///   - knowsDirectory: whether the run directory is the intended one.
    init(_ options: RunOptions, ranks: Int, unread: UnreadKeys, knowsDirectory: Bool) {
        self.options = options
        self.ranks = ranks
        self.unread = unread
        let configuration = options.configuration
        if unread.isEmpty {
            attempt { try configuration.validate(ranks: ranks) }
        } else if knows("batch") {
            attempt { try configuration.requireWork(ranks: ranks) }
        }
        if knows("optimizer", "precision", "checkpoint", "parallel") {
            attempt { try PretrainingRun.checkAvailable(configuration) }
        }
        if knowsDirectory { inspectResumption() }
        let (sound, isVocabularySound) = inspectFiles()
        // Independent of problems with the data, because the model may have problems of its own.
        let origin = findOrigin()
        inspectModel(sound, origin, isVocabularySound)
    }

    /// Whether all keys of `sections` were read, including those that phases override.
    func knows(_ sections: String...) -> Bool {
        !(sections + ["phases"]).contains(where: unread.affect)
    }

    /// Runs `body`; a thrown error is recorded as a problem.
    @discardableResult
    mutating func attempt<Result>(_ body: () throws -> Result) -> Result? {
        do {
            return try body()
        } catch let error as ConfigurationError {
            problems += error.problems.map { .init($0.description, exitCode: error.exitCode) }
        } catch {
            problems.append(.init("\(error)", exitCode: ExitStatus.of(error)))
        }
        return nil
    }

    private mutating func inspectResumption() {
        let options = options
        guard let found = attempt({ try Resumption(options) }) else { return }
        resumption = found
        if unread.isEmpty, let checkpoint = found.checkpoint {
            attempt {
                let differences = try PretrainingRun.differences(from: checkpoint, options)
                try PretrainingRun.refuse(differences, beside: [], checkpoint.path, options)
            }
        }
    }

    /// Finds all files, and verifies those that exist.
    ///
    /// - Returns: the phases whose data is complete and undamaged; and whether the vocabulary
    ///   exists and is valid.
    private mutating func inspectFiles() -> (phases: [RunConfiguration], isVocabularySound: Bool) {
        var phases = options.configuration.resolvedPhases
        let inputs = InputFiles(options.configuration, resumes: resumption.checkpoint != nil)
        let missing = attempt { try inputs.missing() } ?? []
        problems += missing.map { .init($0.message, exitCode: ExitStatus.missingInput) }
        var unsound = Set(missing.map(\.path))
        var seen: Set<[UInt8]> = []
        for data in phases.map(\.data) where data.format == .corpus && knows("data.format") {
            for path in data.train + data.heldout
            where !unsound.contains(path) && seen.insert(FileName.bytes(of: path)).inserted {
                let isSound = attempt { try CorpusDirectory(path: path).verify() } != nil
                if !isSound { unsound.insert(path) }
            }
        }
        for index in phases.indices {
            phases[index].data.train.removeAll(where: unsound.contains)
            phases[index].data.heldout.removeAll(where: unsound.contains)
        }
        return (phases, isVocabularySound(unsound))
    }

    private mutating func isVocabularySound(_ missing: Set<String>) -> Bool {
        guard resumption.checkpoint == nil, let path = options.configuration.modelFiles.vocabulary
        else {
            return true
        }
        return !missing.contains(path) && attempt { try Vocabulary(contentsOf: path) } != nil
    }

    /// - Parameter origin: source of the parameters; nil if finding it was a problem.
    private mutating func inspectModel(
        _ sound: [RunConfiguration], _ origin: ModelOrigin?, _ isVocabularySound: Bool
    ) {
        // Missing data is already a problem; data that nobody named is a separate one.
        let lacksData = zip(sound, options.configuration.resolvedPhases).contains {
            $0.data.train.isEmpty && !$1.data.train.isEmpty
        }
        guard !lacksData, knows("data"),
            let data = attempt({ try sound.map { try DataSetup($0.data) } }),
            knows("model", "parallel"), let origin, let first = sound.first
        else { return }
        var settings = first
        // A missing or damaged vocabulary is already a problem, and need not be compared.
        if !isVocabularySound { settings.modelFiles.vocabulary = nil }
        let count = ranks
        setup = attempt {
            try RunParts.setup(settings, data: data[0], origin: origin, ranks: count)
        }
        guard let setup,
            knows("masking", "batch", "optimizer", "schedule", "evaluation", "checkpoint")
        else { return }
        let found = zip(sound, data).map { phase, data in
            attempt { try PretrainingPhase(phase, data: data, setup: setup, ranks: count) }
        }
        if found.allSatisfy({ $0 != nil }) { phases = found.compactMap { $0 } }
    }

    /// Finds the source of the parameters; nil if that is a problem.
    private mutating func findOrigin() -> ModelOrigin? {
        if let checkpoint = resumption.checkpoint { return .checkpoint(checkpoint) }
        guard !unread.affect("model.initialize_from") else { return nil }
        guard let path = options.configuration.modelFiles.initializeFrom else { return .random }
        // A missing file is already a problem.
        guard attempt({ try Paths.exists(path) }) == true,
            let (model, skipped) = attempt({ try SavedModel.open(path) })
        else { return nil }
        notices += skipped.map(\.description)
        return .model(model)
    }
}
