import BERT
public import Kernels

/// Answers requests with a fine-tuned model.
public final class TaskPredictor {
    /// The task of the model.
    public let task: FineTunedTask
    private let labels: LabelMap
    private let model: BERTForFineTuning
    private let encoder: InputEncoder
    private let inputsAtOnce: Int

    /// Loads the model of a directory.
    public init(_ saved: FineTunedModel, executor: KernelExecutor, inputsAtOnce: Int = 16) throws {
        task = saved.task
        guard let labels = saved.task.labelMap else { preconditionFailure("labels were checked") }
        self.labels = labels
        self.inputsAtOnce = inputsAtOnce
        model = try saved.load(executor: executor, inputs: inputsAtOnce)
        encoder = InputEncoder(saved.tokenizer, maximumLength: saved.task.sequenceLength)
    }

    /// Answers requests of the model's kind of task, in order. Each answer is independent of the
    /// other requests.
    ///
    /// - Throws: `TaskDataError` if questions have too many windows, which `FineTunedModel.request`
    ///   rejects per line.
    public func predict(
        _ requests: [PredictionRequest]
    ) throws(TaskDataError) -> [TaskPrediction] {
        if task.kind == .questionAnswering { return try answer(requests) }
        var texts: [EncodedText] = []
        var sentences: [TaggingExample?] = []
        var counts: [Int] = []
        for request in requests {
            let before = texts.count
            var sentence: TaggingExample?
            switch request {
            case .text(let text, let pair): texts.append(encoder.encode(text, pair))
            case .choices(let prompt, let choices):
                texts += choices.map { encoder.encode(prompt, $0) }
            case .words(let words):
                let tags = [String](repeating: TaggingExample.outside, count: words.count)
                let example = TaggingExample(
                    TaggedSentence(words: words, tags: tags, line: 0), map: labels,
                    encoder: encoder)
                sentence = example
                texts.append(example.input)
            case .question: preconditionFailure("a request of another kind of task")
            }
            sentences.append(sentence)
            counts.append(texts.count - before)
        }
        var outputs = logits(texts)[...]
        return requests.indices.map { index in
            let own = Array(outputs.prefix(counts[index]))
            outputs = outputs.dropFirst(counts[index])
            return prediction(requests[index], sentences[index], own)
        }
    }

    /// Outputs of each input.
    private func logits(_ texts: [EncodedText]) -> [[Float]] {
        stride(from: 0, to: texts.count, by: inputsAtOnce).flatMap { start in
            let part = texts[start..<min(start + inputsAtOnce, texts.count)]
            return model.predict(
                part.map { text in
                    TaskExample(
                        inputs: [
                            TaskInput(
                                tokenIDs: text.tokenIDs, segmentIDs: text.segmentIDs, sample: 0)
                        ], target: .none)
                })
        }
    }

    private func prediction(
        _ request: PredictionRequest, _ sentence: TaggingExample?, _ outputs: [[Float]]
    ) -> TaskPrediction {
        var result = TaskPrediction()
        switch task.kind {
        case .classification:
            let probabilities = softmax(outputs[0].map { Double($0) })
            let best = largest(outputs[0])
            result.label = labels.names[best]
            result.probability = probabilities[best]
            result.probabilities = named(probabilities)
        case .multiLabel:
            let probabilities = outputs[0].map { 1 / (1 + exponential(-Double($0))) }
            result.labels = labels.names.indices.filter { outputs[0][$0] > 0 }.map {
                labels.names[$0]
            }
            result.probabilities = named(probabilities)
        case .regression: result.score = Double(outputs[0][0])
        case .multipleChoice:
            let scores = outputs.map { $0[0] }
            let best = largest(scores)
            result.choice = best
            result.choiceProbabilities = softmax(scores.map { Double($0) })
            result.probability = result.choiceProbabilities?[best]
        case .tagging:
            guard case .words(let words) = request, let sentence else {
                preconditionFailure("a request of another kind of task")
            }
            let classes = TaskKind.tagging.condensed(outputs[0], classes: labels.count)
            result.words = words
            result.tags = sentence.predictedTags(classes.map { Int($0) }, map: labels)
        case .questionAnswering: preconditionFailure("answered elsewhere")
        }
        return result
    }

    private func answer(
        _ requests: [PredictionRequest]
    ) throws(TaskDataError) -> [TaskPrediction] {
        var contexts: [String] = []
        var questions: [Question] = []
        for (index, request) in requests.enumerated() {
            guard case .question(let text, let context) = request else {
                preconditionFailure("a request of another kind of task")
            }
            contexts.append(context)
            questions.append(Question(id: "\(index)", text: text, context: index, answers: []))
        }
        let features = try QuestionFeatures(
            QuestionFile(path: "", contexts: contexts, questions: questions),
            tokenizer: encoder.tokenizer, settings: task.windowSettings, training: false)
        let scores = windowScores(features)
        return questions.indices.map { index in
            let windows = features.windowsOfQuestion[index]
            var result = TaskPrediction()
            guard !windows.isEmpty else {
                result.answer = ""
                return result
            }
            let answer = features.predict(
                question: index, scores: Array(scores[windows]), settings: task.answerSettings)
            guard answer.hasSpan || task.answerSettings.allowsNoAnswer else {
                // The official scripts expect the text "empty"; users expect no text.
                result.answer = ""
                return result
            }
            result.answer = answer.text
            result.nullScore = answer.nullScore
            result.probability = answer.chosen?.probability
            result.candidates = answer.candidates(best: 5).map {
                TaskPrediction.Candidate(text: $0.text, probability: $0.probability)
            }
            return result
        }
    }

    /// Computes the scores that the answer search needs for all windows, with only some windows in
    /// memory at a time.
    private func windowScores(_ features: QuestionFeatures) -> [WindowScores] {
        let count = features.windows.count
        return stride(from: 0, to: count, by: inputsAtOnce).flatMap { start in
            let part = features.windows[start..<min(start + inputsAtOnce, count)]
            return logits(part.map { features.input($0) }).map {
                WindowScores(SpanLogits($0), task.answerSettings)
            }
        }
    }

    private func named(_ probabilities: [Double]) -> [String: Double] {
        Dictionary(
            zip(labels.names, probabilities), uniquingKeysWith: { first, _ in first })
    }
}
