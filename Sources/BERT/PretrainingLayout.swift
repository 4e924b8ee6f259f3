public import Tensors

extension ParameterLayout {
    /// Returns the parameters of Hugging Face's `BertForPreTraining`, in the order of the forward
    /// pass, so that the backward pass completes their gradients from the end of the block to its
    /// start. The decoder's weight is the token embedding and appears once.
    public static func pretraining(_ configuration: BERTConfiguration) -> ParameterLayout {
        ParameterLayout(encoderEntries(configuration) + headEntries(configuration))
    }

    private static func headEntries(_ configuration: BERTConfiguration) -> [Entry] {
        let size = configuration.hiddenSize
        return dense("bert.pooler.dense", inputs: size, outputs: size)
            + [("cls.predictions.bias", [configuration.vocabularySize], false)]
            + dense("cls.predictions.transform.dense", inputs: size, outputs: size)
            + layerNorm("cls.predictions.transform", size)
            + dense("cls.seq_relationship", inputs: size, outputs: 2)
    }
}
