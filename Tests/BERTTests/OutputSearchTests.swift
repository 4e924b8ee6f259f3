import BERT
import Kernels
import Tensors
import Testing

/// Search for the first output of the forward pass that is not finite.
@Suite("the first output that is not finite") struct OutputSearchTests {
    /// Parameters, and the module whose output they corrupt.
    private static let cases = [
        ("bert.embeddings.word_embeddings.weight", "bert.embeddings"),
        ("bert.embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm"),
        ("bert.pooler.dense.weight", "bert.pooler.dense"),
        ("cls.seq_relationship.bias", "cls.seq_relationship"),
        ("cls.predictions.transform.dense.weight", "cls.predictions.transform.dense"),
        ("cls.predictions.transform.LayerNorm.bias", "cls.predictions.transform.LayerNorm"),
        ("cls.predictions.bias", "cls.predictions.decoder"),
    ]
    private static let modules = [
        "attention.self.query", "attention.self.key", "attention.self.value",
        "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense",
        "output.dense", "output.LayerNorm",
    ]

    private static let all =
        cases
        + (0..<2).flatMap { layer in
            modules.map { "bert.encoder.layer.\(layer).\($0)" }.map { ("\($0).bias", $0) }
        }

    @Test("is found in every position", arguments: all)
    func module(parameter: String, module: String) throws {
        let sequences = TestModel.sequences([9, 35, 3])
        for (precision, recomputes) in [(Precision.fp32, false), (.fp16, false), (.bf16, true)] {
            let model = TestModel.make(
                TestModel.dropout, precision: precision, recomputes: recomputes)
            let range = try #require(model.layout[parameter]?.range)
            // Not every row of a table is looked up, but every element of other parameters is used.
            let values = model.parameters[range]
            values[values.count - 1] = .nan
            if parameter.contains("word_embeddings") { values.fill(.nan) }
            let outcomes = model.train(sequences, seed: 3)
            #expect(outcomes.contains { !($0.maskedLoss + $0.nextSentenceLoss).isFinite })
            #expect(model.firstNotFiniteOutput(seed: 3) == module)
        }
    }
}
