import DurableFiles
import HDF5
import Tensors

extension ModelFile {
    /// Writes `model.h5` tensor by tensor: never more than one tensor beside the caller's block.
    /// - Parameters:
    ///   - next: hands over the values of one parameter.
    static func write(
        directory: String, layout: ParameterLayout, description: ModelDescription,
        state: TrainingState, next: (Parameter, (Span<Float>) throws -> Void) throws -> Void
    ) throws {
        let file = try File.create(Paths.join(directory, CheckpointFiles.model))
        try file.setAttribute("format", ModelFile.formatName)
        try file.setAttribute("format_version", Int64(CheckpointFiles.formatVersion))
        do {
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
        try file.close()
    }
}
