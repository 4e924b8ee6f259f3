import DurableFiles
import HDF5
import Tensors

extension ModelFile {
    /// Writes `model.h5` tensor by tensor, never more than one tensor beside the caller's block, and
    /// reads it back.
    /// - Parameters:
    ///   - next: hands over the values of one parameter; called twice for each.
    static func write(
        directory: String, layout: ParameterLayout, description: ModelDescription,
        state: TrainingState, next: (Parameter, (Span<Float>) throws -> Void) throws -> Void
    ) throws {
        try File.create(Paths.join(directory, CheckpointFiles.model)) { file in
            try file.setAttribute("format", ModelFile.formatName)
            try file.setAttribute("format_version", Int64(CheckpointFiles.formatVersion))
            let model = try file.createGroup("model")
            try model.setAttribute("config", description.configuration)
            try model.setAttribute("do_lower_case", UInt8(description.doLowerCase ? 1 : 0))
            for parameter in layout.parameters {
                try next(parameter) { values in
                    try model.writeChecksummed(parameter.name, shape: parameter.shape, values)
                }
            }
            try file.writeText("vocabulary", description.vocabulary)
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
