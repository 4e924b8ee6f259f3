/// Update rule and its constants: section `optimizer` of a configuration.
public struct OptimizerSettings: Sendable, Equatable {
    /// Update rule; raw values are those of `optimizer.name`.
    public enum Name: String, CaseIterable, Sendable {
        /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), as in Google's BERT.
        case adamw
        /// Adam's direction with a length per tensor (You et al., 2020), as in NVIDIA's BERT.
        case lamb

        /// Whether the rule by default corrects moments for their start at zero: the published LAMB
        /// does, Google's AdamW does not.
        var correctsBias: Bool {
            switch self {
            case .adamw: false
            case .lamb: true
            }
        }
    }

    /// Update rule.
    public var name: Name
    /// Peak learning rate, which a schedule scales.
    public var learningRate: Double
    /// Decay rate of the first moment.
    public var beta1: Double
    /// Decay rate of the second moment.
    public var beta2: Double
    /// Epsilon added to the square root of the second moment.
    public var epsilon: Double
    /// Weight decay of the parameters to which the layout applies it.
    public var weightDecay: Double
    /// Whether moments are corrected for their start at zero; nil means the default of the rule,
    /// see ``correctsBias``.
    public var biasCorrection: Bool?
    /// Global gradient norm above which gradients are scaled down; nil or 0 disables clipping, see
    /// ``clippingNorm``.
    public var clipNorm: Double?

    /// Creates settings; the defaults are those of Google's BERT.
    ///
    /// - Precondition: betas are in 0..<1, epsilon is positive, nothing is negative.
    public init(
        name: Name = .adamw, learningRate: Double = 1e-4, beta1: Double = 0.9,
        beta2: Double = 0.999, epsilon: Double = 1e-6, weightDecay: Double = 0.01,
        biasCorrection: Bool? = nil, clipNorm: Double? = 1
    ) {
        precondition((0..<1).contains(beta1) && (0..<1).contains(beta2), "beta not in 0..<1")
        precondition(epsilon > 0, "epsilon is not positive")
        precondition(weightDecay >= 0 && clipNorm ?? 0 >= 0, "negative decay or norm")
        self.name = name
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.biasCorrection = biasCorrection
        self.clipNorm = clipNorm
    }

    /// Effective `bias_correction`: the given value, otherwise the default of the rule.
    public var correctsBias: Bool { biasCorrection ?? name.correctsBias }

    /// Effective `clip_norm`; nil if clipping is off.
    public var clippingNorm: Double? { clipNorm == 0 ? nil : clipNorm }

    /// Returns the factor on gradients of global norm `norm`: min(1, clipNorm / (norm + 1e-6)), as
    /// in `torch.nn.utils.clip_grad_norm_`.
    public func clipFactor(norm: Double) -> Double {
        guard let clippingNorm else { return 1 }
        return min(1, clippingNorm / (norm + 1e-6))
    }
}
