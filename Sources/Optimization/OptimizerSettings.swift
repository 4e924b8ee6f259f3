/// The update rule and its constants: section `optimizer` of a configuration.
public struct OptimizerSettings: Sendable, Equatable {
    /// The update rule; raw values are those of `optimizer.name`.
    public enum Name: String, CaseIterable, Sendable {
        /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), as in Google's BERT.
        case adamw
        /// Adam's direction with a length for each tensor (You et al., 2020), as in NVIDIA's BERT.
        case lamb

        /// Whether the rule corrects moments for their start at zero unless told otherwise: the
        /// published LAMB does, Google's AdamW does not.
        var correctsBias: Bool {
            switch self {
            case .adamw: false
            case .lamb: true
            }
        }
    }

    /// The update rule.
    public var name: Name
    /// The peak of the learning rate, which a schedule scales.
    public var learningRate: Double
    /// The decay of the first moment.
    public var beta1: Double
    /// The decay of the second moment.
    public var beta2: Double
    /// Added to the square root of the second moment.
    public var epsilon: Double
    /// The decay of parameters whose layout says that they decay.
    public var weightDecay: Double
    /// Whether moments are corrected for their start at zero; nil decides by the rule, see
    /// ``correctsBias``.
    public var biasCorrection: Bool?
    /// The global gradient norm above which gradients are scaled down; nil or 0 is off, see
    /// ``clippingNorm``.
    public var clipNorm: Double?

    /// Settings; the defaults are those of Google's BERT.
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

    /// The effective `bias_correction`: what was given, else what the rule does.
    public var correctsBias: Bool { biasCorrection ?? name.correctsBias }

    /// The effective `clip_norm`; nil where clipping is off.
    public var clippingNorm: Double? { clipNorm == 0 ? nil : clipNorm }

    /// The factor on gradients of global norm `norm`: min(1, clipNorm / (norm + 1e-6)),
    /// as `torch.nn.utils.clip_grad_norm_` has it.
    public func clipFactor(norm: Double) -> Double {
        guard let clippingNorm else { return 1 }
        return min(1, clippingNorm / (norm + 1e-6))
    }
}
