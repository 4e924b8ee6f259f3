import Checkpointing
import Corpus
import DurableFiles
import ExitCoding
import FileNames
import Formats
import Reporting

/// Inspection of a run without training: its files, data, vocabulary and model. Problems are
/// collected, and what depends on them is skipped.
struct RunInspection {
    private(set) var problems: [CheckReport.Problem] = []
    /// The checkpoint from which the run would resume.
    private(set) var resumption = Resumption()
    /// The model, where it is sound.
    private(set) var setup: ModelSetup?
    /// The phases, where all are sound.
    private(set) var phases: [PretrainingPhase] = []

    private let options: RunOptions
    private let ranks: Int

    /// Looks at the run that `options` describe, on so many ranks.
    init(_ options: RunOptions, ranks: Int) {
        self.options = options
        self.ranks = ranks
        let configuration = options.configuration
        attempt { try configuration.validate(ranks: ranks) }
        attempt { try PretrainingRun.checkAvailable(configuration) }
        inspectResumption()
        inspectModel(inspectFiles())
    }

    /// Runs `body`; what it throws becomes a problem.
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
        if let checkpoint = found.checkpoint {
            attempt {
                let differences = try PretrainingRun.differences(from: checkpoint, options)
                try PretrainingRun.refuse(differences, beside: [], checkpoint.path, options)
            }
        }
    }

    /// Looks for all files, and verifies those that are there.
    ///
    /// - Returns: the phases with nothing left in them that is missing or damaged.
    private mutating func inspectFiles() -> [RunConfiguration] {
        var phases = options.configuration.resolvedPhases
        let inputs = InputFiles(options.configuration, resumes: resumption.checkpoint != nil)
        let missing = attempt { try inputs.missing() } ?? []
        problems += missing.map { .init($0.message, exitCode: ExitStatus.missingInput) }
        var unsound = Set(missing.map(\.path))
        var seen: Set<[UInt8]> = []
        for data in phases.map(\.data) where data.format == .corpus {
            for path in data.train + data.heldout
            where !unsound.contains(path) && seen.insert(FileName.bytes(of: path)).inserted {
                let isSound = attempt { try CorpusDirectory(path: path).verify() } != nil
                if !isSound { unsound.insert(path) }
            }
        }
        for index in phases.indices {
            phases[index].data.train.removeAll(where: unsound.contains)
            phases[index].data.heldout.removeAll(where: unsound.contains)
            if let path = phases[index].modelFiles.vocabulary, unsound.contains(path) {
                phases[index].modelFiles.vocabulary = nil
            }
        }
        return phases
    }

    private mutating func inspectModel(_ sound: [RunConfiguration]) {
        // Data that are missing are a problem already; data that nobody named are one of their own.
        let lacksData = zip(sound, options.configuration.resolvedPhases).contains {
            $0.data.train.isEmpty && !$1.data.train.isEmpty
        }
        guard !lacksData, let data = attempt({ try sound.map { try DataSetup($0.data) } }),
            let origin = findOrigin(), let first = sound.first
        else { return }
        let shards = options.configuration.parallel.shardOptimizer ? ranks : 1
        setup = attempt {
            try ModelSetup(
                first.model, files: first.modelFiles, corpus: data[0].corpus, origin: origin,
                momentShards: shards)
        }
        guard let setup else { return }
        let count = ranks
        let found = zip(sound, data).map { phase, data in
            attempt { try PretrainingPhase(phase, data: data, setup: setup, ranks: count) }
        }
        if found.allSatisfy({ $0 != nil }) { phases = found.compactMap { $0 } }
    }

    /// Finds the source of the parameters; nil where that is a problem.
    private mutating func findOrigin() -> ModelOrigin? {
        if let checkpoint = resumption.checkpoint { return .checkpoint(checkpoint) }
        guard let path = options.configuration.modelFiles.initializeFrom else { return .random }
        // One that is missing is a problem already.
        guard attempt({ try Paths.exists(path) }) == true else { return nil }
        return attempt { .model(try SavedModel.open(path).model) }
    }
}
