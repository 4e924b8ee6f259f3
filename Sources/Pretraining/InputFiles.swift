import DurableFiles
import FileNames

/// Files and directories named by a configuration.
struct InputFiles {
    /// One of them, under the key that names it.
    private struct Input {
        var key: String
        var path: String
        var advice: String
    }

    private var inputs: [Input] = []

    /// Collects the inputs of `configuration`, without duplicates.
    ///
    /// - Parameter resumes: whether a checkpoint provides vocabulary and model.
    init(_ configuration: RunConfiguration, resumes: Bool) {
        for phase in configuration.resolvedPhases {
            let advice =
                phase.data.format == .corpus
                ? "`bert corpus build` makes corpora" : "look at the path"
            for path in phase.data.train { add("data.train", path, advice) }
            for path in phase.data.heldout { add("data.heldout", path, advice) }
        }
        guard !resumes else { return }
        if let path = configuration.modelFiles.vocabulary {
            add(
                "model.vocabulary", path,
                "name the vocab.txt that the data was tokenized with, or leave the key out: a corpus "
                    + "brings its own")
        }
        if let path = configuration.modelFiles.initializeFrom {
            add("model.initialize_from", path, "name a checkpoint, run or model directory")
        }
    }

    private mutating func add(_ key: String, _ path: String, _ advice: String) {
        let isKnown = inputs.contains {
            $0.key == key && FileName.bytes(of: $0.path) == FileName.bytes(of: path)
        }
        if !isKnown { inputs.append(Input(key: key, path: path, advice: advice)) }
    }

    /// Finds the missing inputs, with a message for each.
    ///
    /// - Throws: `FileError` if the file system fails.
    func missing() throws -> [(path: String, message: String)] {
        try inputs.filter { try !Paths.exists($0.path) }.map {
            ($0.path, "\($0.key): there is no \($0.path); \($0.advice)")
        }
    }

    /// - Throws: `PretrainingError` (66) that names all missing inputs; `FileError` if the file system
    ///   fails.
    func requirePresent() throws {
        let messages = try missing().map(\.message)
        guard messages.count > 1 else {
            if let only = messages.first { throw PretrainingError.missing(only) }
            return
        }
        throw PretrainingError.missing(
            "\(messages.count) inputs are missing:\n"
                + messages.map { "  \($0)" }.joined(separator: "\n"))
    }
}
