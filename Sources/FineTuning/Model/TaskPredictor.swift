import BERT
public import Kernels

/// Everything besides the outputs of a model that its predictions depend on.
struct PredictionContext {
    let task: FineTunedTask
    let labels: LabelMap
    let encoder: InputEncoder
}

/// Answers requests with a fine-tuned model.
public final class TaskPredictor {
    private let context: PredictionContext
    private let model: BERTForFineTuning
    private let inputsAtOnce: Int

    /// Loads the model of a directory.
    public init(_ saved: FineTunedModel, executor: KernelExecutor, inputsAtOnce: Int = 16) throws {
        guard let labels = saved.task.labelMap else { preconditionFailure("labels were checked") }
        self.inputsAtOnce = inputsAtOnce
        model = try saved.load(executor: executor, inputs: inputsAtOnce)
        context = PredictionContext(
            task: saved.task, labels: labels,
            encoder: InputEncoder(saved.tokenizer, maximumLength: saved.task.sequenceLength))
    }

    /// Task of the model.
    public var task: FineTunedTask { context.task }

    /// Answers requests of the model's kind of task, in order. Each answer is independent of the
    /// other requests.
    ///
    /// - Throws: `TaskDataError` if a question has too many windows, which `FineTunedModel.request`
    ///   rejects per line.
    public func predict(
        _ requests: [PredictionRequest]
    ) throws(TaskDataError) -> [TaskPrediction] {
        try predict(requests, task.kind.rules)
    }

    private func predict<Rules: TaskRules>(
        _ requests: [PredictionRequest], _ rules: Rules
    ) throws(TaskDataError) -> [TaskPrediction] {
        let encoded = try rules.encoded(requests, context)
        var outputs = outputs(of: encoded.map(\.examples), rules)[...]
        return encoded.map { request, examples in
            let own = Array(outputs.prefix(examples.inputCount))
            outputs = outputs.dropFirst(own.count)
            return rules.prediction(request, examples, own, context)
        }
    }

    /// Computes the outputs of all inputs, with the inputs and logits of only some in memory at a
    /// time.
    private func outputs<Rules: TaskRules>(
        of all: [Rules.Examples], _ rules: Rules
    ) -> [Rules.Output] {
        var outputs: [Rules.Output] = []
        var waiting: [EncodedText] = []
        func compute(_ inputs: ArraySlice<EncodedText>) {
            outputs += logits(inputs).map { rules.output($0, context) }
        }
        for examples in all {
            for index in 0..<examples.count {
                waiting += examples.inputs(of: index)
                while waiting.count >= inputsAtOnce {
                    compute(waiting.prefix(inputsAtOnce))
                    waiting.removeFirst(inputsAtOnce)
                }
            }
        }
        if !waiting.isEmpty { compute(waiting[...]) }
        return outputs
    }

    /// Logits of each of at most `inputsAtOnce` inputs.
    private func logits(_ inputs: ArraySlice<EncodedText>) -> [[Float]] {
        model.predict(
            inputs.map { input in
                TaskExample(
                    inputs: [
                        TaskInput(
                            tokenIDs: input.tokenIDs, segmentIDs: input.segmentIDs, sample: 0)
                    ], target: .none)
            })
    }
}
