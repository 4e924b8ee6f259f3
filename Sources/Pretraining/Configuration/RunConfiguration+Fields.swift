import BERT
import Corpus
import Formats
import Optimization

extension RunConfiguration {
    /// Every key, in the order of the documents and of the resolved dump.
    static var fields: [Field<Self>] {
        // Separate statements, because one expression would take the compiler long.
        var fields = Run.fields.within("run", \Self.run)
        fields += ModelSettings.presetFields.within("model", \Self.model)
        fields += ModelFiles.fields.within("model", \Self.modelFiles)
        fields += ModelSettings.fields.within("model", \Self.model)
        fields += Data.fields.within("data", \Self.data)
        fields += SampleSettings.fields.within("data", \Self.samples)
        fields += MaskingSettings.fields.within("masking", \Self.samples.masking)
        fields += Batch.fields.within("batch", \Self.batch)
        fields += OptimizerSettings.fields.within("optimizer", \Self.optimizer)
        fields += LearningRateSchedule.fields.within("schedule", \Self.schedule)
        fields += PrecisionSettings.fields.within("precision", \Self.precision)
        fields += Evaluation.fields.within("evaluation", \Self.evaluation)
        fields += Checkpoint.fields.within("checkpoint", \Self.checkpoint)
        fields += Parallel.fields.within("parallel", \Self.parallel)
        return fields
    }

    /// Sections in order; `phases` marks the position of its list.
    static let sections = [
        "run", "model", "data", "masking", "batch", "optimizer", "schedule", "precision", "phases",
        "evaluation", "checkpoint", "parallel",
    ]

    /// Sections that are fixed for the whole run, so that no phase may change them.
    static let fixedSections = ["run", "model", "phases"]
}
