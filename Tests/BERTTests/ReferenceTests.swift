import BERT
import Kernels
import Samples
import Tensors
import Testing

/// The whole model compared with Hugging Face's `BertForPreTraining` in float64.
@Suite struct ReferenceTests {
    /// Combinations of all instruction sets of this machine and numbers of threads.
    static let ways = TestModel.sets.flatMap { set in
        [1, 2, 3].map { Way(set: set, threads: $0) }
    }

    struct Way: Sendable {
        var set: InstructionSet
        var threads: Int
    }

    @Test("committed cases", arguments: ReferenceCase.golden)
    func golden(reference: ReferenceCase) throws {
        try check(reference)
    }

    @Test(
        "committed cases in 16 bits", arguments: ReferenceCase.golden, [Precision.bf16, .fp16])
    func narrowGolden(reference: ReferenceCase, precision: Precision) throws {
        try checkNarrow(reference, precision)
    }

    @Test(
        "shared cases in 16 bits",
        .enabled(
            if: ReferenceCase.hasOracle,
            "SKIPPED: there is no ../shared/oracle (BERT_SHARED names another place)"),
        arguments: ReferenceCase.oracle, [Precision.bf16, .fp16])
    func narrowOracle(reference: ReferenceCase, precision: Precision) throws {
        try checkNarrow(reference, precision)
    }

    /// Numbers rounded independently to a relative u at k points have an error of about u sqrt(k /
    /// 3). A layer rounds 11 tensors forward and as many backward, the heads 8; with 3 layers k is
    /// about 40 at the outputs (3.7 u) and 80 at the first gradients (5 u). The maximum of several
    /// thousand numbers is 3 times that, and softmax's slopes, small differences, double it. A loss
    /// is a mean: its error is a fraction of u.
    private func checkNarrow(_ reference: ReferenceCase, _ precision: Precision) throws {
        let expected = try reference.expected()
        let unit = precision.unitRoundoff
        for set in TestModel.sets {
            let executor = KernelExecutor(threads: 2, instructionSet: set)
            let values = try compute(reference, rows: expected.rows, executor, precision)
            for (name, numbers) in expected.tensors where !name.hasSuffix("_correct") {
                let found = try #require(values.tensors[name])
                if name.hasPrefix("gradient/") {
                    let error = distance(found, numbers) / scale(of: name, expected)
                    #expect(error < 16 * unit, "\(name), \(set)")
                } else {
                    let error = largestDifference(found, numbers) / (numbers.map(abs).max() ?? 0)
                    #expect(error < (name.hasSuffix("loss") ? 1.5 : 12) * unit, "\(name), \(set)")
                }
            }
        }
    }

    private func check(_ reference: ReferenceCase) throws {
        let expected = try reference.expected()
        var first: ReferenceValues?
        for way in Self.ways {
            let executor = KernelExecutor(threads: way.threads, instructionSet: way.set)
            let values = try compute(reference, rows: expected.rows, executor)
            compare(values, expected, "\(way)")
            // OpenBLAS adds in its own order.
            guard way.set > .portable else { continue }
            if let first {
                #expect(values.tensors == first.tensors, "not the same bits with \(way)")
                #expect(values.summary == first.summary, "not the same bits with \(way)")
            } else {
                first = values
            }
        }
    }

    private func compare(_ values: ReferenceValues, _ expected: ReferenceValues, _ way: String) {
        #expect(Set(values.tensors.keys) == Set(expected.tensors.keys))
        for (name, numbers) in expected.tensors.sorted(by: { $0.key < $1.key }) {
            guard let found = values.tensors[name], found.count == numbers.count else {
                Issue.record("\(name) has another size")
                continue
            }
            if name.hasSuffix("_correct") || name.hasSuffix("_total") {
                #expect(found == numbers, "\(name), \(way)")
            } else if name.hasPrefix("gradient/") {
                let error = distance(found, numbers) / scale(of: name, expected)
                #expect(error < 1e-4, "\(name), \(way)")
            } else {
                let error = largestDifference(found, numbers) / (numbers.map(abs).max() ?? 0)
                #expect(error < 1e-5, "\(name), \(way)")
            }
        }
        guard let summary = values.summary, let wanted = expected.summary else { return }
        #expect(abs(summary.maskedLoss / wanted.maskedLoss - 1) < 1e-5)
        #expect(abs(summary.nextSentenceLoss / wanted.nextSentenceLoss - 1) < 1e-5)
        #expect(abs(summary.maskedAccuracy - wanted.maskedAccuracy) < 1e-12)
        #expect(abs(summary.nextSentenceAccuracy - wanted.nextSentenceAccuracy) < 1e-12)
        #expect(summary.rows == wanted.rows)
    }

    /// Reference magnitude of a gradient's error. A key's bias shifts all scores of a query
    /// equally, to which softmax is invariant: its gradient is 0, except for the query's rounding.
    private func scale(of name: String, _ expected: ReferenceValues) -> Double {
        let parts = name.split(separator: ".key.bias", omittingEmptySubsequences: false)
        let judge = parts.count == 2 ? "\(parts[0]).query.bias" : name
        return norm(expected.tensors[judge] ?? [])
    }

    private func compute(
        _ reference: ReferenceCase, rows: Int, _ executor: KernelExecutor,
        _ precision: Precision = .fp32
    ) throws -> ReferenceValues {
        let all = try reference.sequences()
        let length = all.map(\.tokenIDs.count).max() ?? 0
        let capacity = BatchCapacity(
            sequences: all.count, sequenceLength: length, maskedPerSequence: length)
        let model = try reference.model(
            for: .training, capacity: capacity, executor: executor, precision: precision)
        let sequences = all.prefix(rows)
        var values = ReferenceValues(rows: rows)
        record(model.evaluate(sequences), &values)
        for layer in 0...model.configuration.layers {
            values.tensors["forward/hidden_\(layer)"] = numbers(model.hiddenStates(layer))
        }
        values.tensors["forward/pooled"] = numbers(model.pooledOutputs)
        values.tensors["forward/nsp_logits"] = numbers(model.nextSentenceLogits)
        values.tensors["forward/mlm_logits"] = sequences.flatMap { sequence in
            _ = model.evaluate([sequence.predictingAll])
            return numbers(model.maskedLogits)
        }
        values.summary = ReferenceSummary(model.evaluate(all))
        let masked = sequences.reduce(0) { $0 + $1.maskedPositions.count }
        // Without it, gradients of this size are below fp16's range.
        let lossScale = precision == .fp16 ? 4096.0 : 1
        _ = model.train(
            sequences,
            scale: ObjectiveScale(masked: masked, sequences: rows, lossScale: lossScale), seed: 1,
            accumulate: false)
        for parameter in model.layout.parameters {
            values.tensors["gradient/\(parameter.name)"] =
                model.gradients[parameter.range].buffer.map { Double($0) / lossScale }
        }
        return values
    }

    private func record(_ outcomes: [SequenceOutcome], _ values: inout ReferenceValues) {
        let summary = ReferenceSummary(outcomes)
        let scalars: [(String, Double)] = [
            ("mlm_loss", summary.maskedLoss), ("nsp_loss", summary.nextSentenceLoss),
            ("loss", summary.maskedLoss + summary.nextSentenceLoss),
            ("mlm_correct", Double(outcomes.reduce(0) { $0 + $1.maskedCorrect })),
            ("mlm_total", Double(outcomes.reduce(0) { $0 + $1.masked })),
            ("nsp_correct", Double(outcomes.count { $0.nextSentenceCorrect })),
        ]
        for (name, value) in scalars { values.tensors["forward/\(name)"] = [value] }
    }

    private func numbers(_ values: [Float]) -> [Double] { values.map { Double($0) } }
}
