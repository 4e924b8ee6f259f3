import FineTuning

/// All readers.
enum Readers {
    static let all: [any FuzzReader] = [
        ConfigurationReader(), OverrideReader(), FineTuningReader(),
        VocabularyReader(), TokenizeReader(), VocabularyTrainingReader(), CorpusTextReader(),
        TableReader(.tsv), TableReader(.csv), TableReader(.jsonLines),
        TaggedReader(isUniversal: false), TaggedReader(isUniversal: true), QuestionsReader(),
        TaskReader(), SafetensorsReader(), HuggingFaceReader(), ShardReader(), NvidiaReader(),
        CheckpointReader(), ManifestReader(), PlanReader(), LockReader(), MetricsReader(),
        SummaryReader(), RequestReader(), FineTunedReader(),
    ]

    /// The reader of that name.
    static func named(_ name: String) throws -> any FuzzReader {
        if name == "broken" { return BrokenReader() }
        guard let reader = all.first(where: { $0.name == name }) else {
            throw FuzzFault(
                "no reader \(name); there are \(all.map(\.name).joined(separator: ", "))")
        }
        return reader
    }
}
