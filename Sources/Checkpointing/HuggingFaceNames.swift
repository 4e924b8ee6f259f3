/// Names of `BertForPreTraining`'s parameters in Hugging Face's files of different ages.
enum HuggingFaceNames {
    static let decoderWeight = "cls.predictions.decoder.weight"
    static let decoderBias = "cls.predictions.decoder.bias"
    static let predictionBias = "cls.predictions.bias"
    static let wordEmbeddings = "bert.embeddings.word_embeddings.weight"

    /// Meaning of a tensor in a file.
    enum Meaning: Equatable {
        /// The parameter of that name.
        case parameter(String)
        /// Another copy of the parameter of that name.
        case copy(of: String)
        /// A constant that the model can compute itself.
        case constant
    }

    /// Whether names are those of a bare `BertModel`, as its `save_pretrained` writes them: without
    /// the prefix `bert.`.
    static func areBare(_ names: [String]) -> Bool {
        names.contains("embeddings.word_embeddings.weight") && !names.contains(wordEmbeddings)
    }

    /// The meaning of a name.
    static func meaning(of name: String) -> Meaning {
        switch name {
        case "bert.embeddings.position_ids", "bert.embeddings.token_type_ids": .constant
        case decoderWeight: .copy(of: wordEmbeddings)
        case decoderBias: .copy(of: predictionBias)
        default: .parameter(modern(name))
        }
    }

    /// Files converted from TensorFlow call LayerNorm's parameters gamma and beta.
    private static func modern(_ name: String) -> String {
        for (old, new) in [(".gamma", ".weight"), (".beta", ".bias")]
        where name.hasSuffix("LayerNorm" + old) {
            return name.dropLast(old.count) + new
        }
        return name
    }
}
