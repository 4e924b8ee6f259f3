import Kernels
public import Tensors

extension ParameterLayout {
    /// Returns the parameters of Hugging Face's model with `head`, in the order of the forward
    /// pass: the encoder's come first, at the same offsets as in `pretraining`.
    public static func fineTuning(
        _ configuration: BERTConfiguration, _ head: TaskHead
    ) -> ParameterLayout {
        let size = configuration.hiddenSize
        let pooler = head.usesPooler ? dense("bert.pooler.dense", inputs: size, outputs: size) : []
        return ParameterLayout(
            encoderEntries(configuration) + pooler
                + dense(head.outputName, inputs: size, outputs: head.outputs))
    }
}

/// Tensors of a task head, or their gradients, as views of a flat block.
struct TaskTensors {
    /// Pooler; nil for token heads.
    let pooler: DenseTensors?
    let output: DenseTensors
    /// Range of the head and the pooler in the flat block.
    let range: Range<Int>

    init(_ head: TaskHead, _ views: TensorViews) {
        pooler = head.usesPooler ? views.dense("bert.pooler.dense") : nil
        output = views.dense(head.outputName)
        let first = head.usesPooler ? "bert.pooler.dense" : head.outputName
        range = views.range("\(first).weight").lowerBound..<views.layout.count
    }
}
