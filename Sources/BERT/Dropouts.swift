import Kernels
import Randomness

/// Dropout at the three places in an encoder layer.
struct LayerDropouts {
    let attention: Dropout
    let attentionOutput: Dropout
    let feedForward: Dropout

    /// No dropout, for evaluation.
    static let none = LayerDropouts(attention: .none, attentionOutput: .none, feedForward: .none)

    init(attention: Dropout, attentionOutput: Dropout, feedForward: Dropout) {
        self.attention = attention
        self.attentionOutput = attentionOutput
        self.feedForward = feedForward
    }

    init(_ configuration: BERTConfiguration, layer: Int, seed: UInt64) {
        func dropout(_ purpose: RandomPurpose, _ probability: Double) -> Dropout {
            Dropout(seed: seed, purpose: purpose, layer: layer, probability: probability)
        }
        attention = dropout(.attentionDropout, configuration.attentionDropout)
        attentionOutput = dropout(.attentionOutputDropout, configuration.hiddenDropout)
        feedForward = dropout(.feedForwardDropout, configuration.hiddenDropout)
    }
}

/// Dropout at all places in a model.
struct ModelDropouts {
    let embeddings: Dropout
    let layers: [LayerDropouts]

    /// Creates the dropout for training under `seed`, or none.
    init(_ configuration: BERTConfiguration, seed: UInt64?) {
        guard let seed else {
            embeddings = .none
            layers = Array(repeating: .none, count: configuration.layers)
            return
        }
        embeddings = Dropout(
            seed: seed, purpose: .embeddingDropout, probability: configuration.hiddenDropout)
        layers = (0..<configuration.layers).map {
            LayerDropouts(configuration, layer: $0, seed: seed)
        }
    }
}
