import BERT
import Checkpointing
import Models
import Pretraining
import Tensors
import Testing

/// The module whose output does not fit into fp16.
let overflowingModule = "bert.encoder.layer.1.intermediate.dense"

/// Writes the model at `source`, of two layers, with a bias that fp16 cannot add, as a Hugging Face
/// directory.
func writeOverflowingModel(_ path: String, from source: String) throws {
    let saved = try SavedModel.open(source).model
    let description = try saved.description()
    let layout = ParameterLayout.pretraining(
        try description.bertConfiguration(path: saved.path))
    let parameters = Block<Float>(count: layout.count)
    let buffer = parameters.vector.buffer
    var span = buffer.mutableSpan
    try saved.readParameters(layout, into: &span)
    let bias = try #require(layout["\(overflowingModule).bias"])
    parameters[bias.range].fill(1e6)
    try HuggingFaceDirectory.write(
        path, replacing: false, description: description, from: BlockTensors(layout, parameters))
}
