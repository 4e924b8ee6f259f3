import Kernels
public import Tensors

extension ParameterLayout {
    /// The parameters of Hugging Face's model with `head`, in the order of the forward pass: the
    /// encoder's first, where those of `pretraining` are, too.
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

/// The tensors of a task head as views of a flat block, or the gradients to them.
struct TaskTensors {
    /// Nil for heads of tokens.
    let pooler: DenseTensors?
    let output: DenseTensors
    /// The head and the pooler in the flat block.
    let range: Range<Int>

    init(_ head: TaskHead, _ views: TensorViews) {
        pooler = head.usesPooler ? views.dense("bert.pooler.dense") : nil
        output = views.dense(head.outputName)
        let first = head.usesPooler ? "bert.pooler.dense" : head.outputName
        range = views.range("\(first).weight").lowerBound..<views.layout.count
    }
}
