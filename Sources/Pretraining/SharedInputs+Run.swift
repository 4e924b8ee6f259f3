import Checkpointing
import Corpus
import Distributed
import DurableFiles
import FileNames
import Formats
public import MPI

extension RunOptions {
    /// Throws if ranks were given different settings, before anything depends on them. Collective.
    ///
    /// - Throws: `Agreement.Failure` (78) on all ranks, naming the keys, ranks and hosts.
    public func requireEqual(among communicator: Communicator) throws {
        var inputs = SharedInputs()
        for (path, value) in configuration.resolved().values { inputs.add(path, value) }
        inputs.add("--run", directory)
        inputs.add("--resume", "\(resume)")
        inputs.add("--allow-changes", "\(allowsChanges)")
        try inputs.requireEqual(among: communicator)
    }
}

extension SharedInputs {
    /// Adds everything that determines the model: its configuration, vocabulary and casing, and the
    /// checkpoint whose state it restores. Other parameters come from rank 0.
    mutating func add(_ setup: ModelSetup) throws {
        let description = try setup.description()
        add("the model's configuration (SHA-256)", Self.digest(description.configuration))
        add("the vocabulary (SHA-256)", Self.digest(description.vocabulary))
        add("the tokenizer", "\(description.tokenizer)")
        if case .checkpoint(let checkpoint) = setup.origin {
            add("\(checkpoint.path) (SHA-256 of its manifest)", try checkpoint.digest())
        }
    }

    /// Adds the data of all phases.
    mutating func add(_ phases: [PretrainingPhase]) {
        var seen: Set<[UInt8]> = []
        for corpus in phases.flatMap(\.data.corpora)
        where seen.insert(FileName.bytes(of: corpus.path)).inserted {
            add("\(corpus.path) (SHA-256 of its manifest)", corpus.digest)
        }
        for (index, phase) in phases.enumerated() {
            let prefix = phases.count > 1 ? "phases[\(index)]: " : ""
            add("\(prefix)the training samples (SHA-256)", phase.source.fingerprint)
            add(
                "\(prefix)the held-out samples (SHA-256)",
                phase.heldout?.fingerprint ?? "there are none")
        }
    }

    static func digest(_ text: String) -> String { "\(SHA256.digest(of: text.utf8))" }
}
