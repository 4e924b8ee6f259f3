import DurableFiles
import FoundationEssentials
import HDF5
import Tensors
import Tokenization

extension ModelFile {
    /// Writes `model.h5` tensor by tensor, with at most one tensor in memory besides the caller's
    /// block, and reads it back.
    /// - Parameters:
    ///   - next: provides the values of one parameter; called twice per parameter.
    static func write(
        directory: String, layout: ParameterLayout, description: ModelDescription,
        state: TrainingState, next: (Parameter, (Span<Float>) throws -> Void) throws -> Void
    ) throws {
        try File.create(Paths.join(directory, CheckpointFiles.model)) { file in
            try file.setAttribute("format", ModelFile.formatName)
            // The oldest version that can express the content, so that earlier programs read what
            // they understand, and reject a tokenizer that they would misread.
            let isPlain = description.tokenizer.isPlain
            try file.setAttribute(
                "format_version", Int64(isPlain ? 1 : CheckpointFiles.newestModelVersion))
            let model = try file.createGroup("model")
            try model.setAttribute("config", description.configuration)
            try model.setAttribute("do_lower_case", UInt8(description.tokenizer.lowercase ? 1 : 0))
            if let length = description.maximumLength {
                try model.setAttribute("model_max_length", Int64(length))
            }
            for parameter in layout.parameters {
                try next(parameter) { values in
                    try model.writeChecksummed(parameter.name, shape: parameter.shape, values)
                }
            }
            try file.writeText("vocabulary", description.vocabulary)
            if !isPlain {
                let encoder = JSONEncoder()
                encoder.outputFormatting = .sortedKeys
                try file.writeText(
                    "tokenizer",
                    String(decoding: encoder.encode(description.tokenizer), as: UTF8.self))
            }
            let training = try file.createGroup("training")
            var short = state
            short.resolvedConfiguration = ""
            try training.setAttribute("state", short.json())
            try training.writeText("configuration", state.resolvedConfiguration)
            try training.writeText("layout", layout.text)
        }
        try verifyWritten(directory, layout, description, state, next)
    }

    private static func verifyWritten(
        _ directory: String, _ layout: ParameterLayout, _ description: ModelDescription,
        _ state: TrainingState, _ next: (Parameter, (Span<Float>) throws -> Void) throws -> Void
    ) throws {
        let file = try open(directory: directory)
        guard try file.description() == description, try file.trainingState() == state,
            try file.layoutText() == layout.text
        else { throw lostWrite(file.path) }
        try file.check(layout)
        for parameter in layout.parameters {
            try next(parameter) { values in
                try file.verifyWritten(parameter.name, values)
            }
        }
    }
}
