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

/// The tensors of a model with a task head as views of a flat block of its layout.
struct FineTuningTensors {
    let encoder: EncoderTensors
    /// Nil for heads of tokens.
    let pooler: DenseTensors?
    let output: DenseTensors
    /// The head and the pooler in the flat block.
    let headRange: Range<Int>

    init(
        _ configuration: BERTConfiguration, _ head: TaskHead, _ layout: ParameterLayout,
        _ block: Vector<Float>
    ) {
        let views = TensorViews(layout: layout, block: block)
        encoder = EncoderTensors(configuration, views)
        pooler = head.usesPooler ? views.dense("bert.pooler.dense") : nil
        output = views.dense(head.outputName)
        let first = head.usesPooler ? "bert.pooler.dense" : head.outputName
        headRange = views.range("\(first).weight").lowerBound..<layout.count
    }
}
