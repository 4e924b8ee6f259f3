/// The update rule and its constants.
public struct OptimizerSettings: Sendable, Equatable {
    /// The update rule; raw values are those of `optimizer.name` in the configuration.
    public enum Name: String, CaseIterable, Sendable {
        /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), as in Google's BERT.
        case adamw
        /// Adam's direction with a length for each tensor (You et al., 2020), as in NVIDIA's BERT.
        case lamb
    }

    /// The update rule.
    public let name: Name
    /// The decay of the first moment.
    public let beta1: Double
    /// The decay of the second moment.
    public let beta2: Double
    /// Added to the square root of the second moment.
    public let epsilon: Double
    /// The decay of parameters whose layout says that they decay.
    public let weightDecay: Double
    /// Whether moments are corrected for their start at zero.
    public let biasCorrection: Bool
    /// The global gradient norm above which gradients are scaled down; nil if they never are.
    public let clipNorm: Double?

    /// Settings; the defaults are those of Google's BERT.
    ///
    /// - Parameters:
    ///   - biasCorrection: nil means true for LAMB and false for AdamW.
    ///   - clipNorm: nil and 0 mean no clipping.
    /// - Precondition: betas are in 0..<1, epsilon is positive, nothing is negative.
    public init(
        name: Name = .adamw, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-6,
        weightDecay: Double = 0.01, biasCorrection: Bool? = nil, clipNorm: Double? = 1
    ) {
        precondition((0..<1).contains(beta1) && (0..<1).contains(beta2), "beta not in 0..<1")
        precondition(epsilon > 0, "epsilon is not positive")
        precondition(weightDecay >= 0 && clipNorm ?? 0 >= 0, "negative decay or norm")
        self.name = name
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.biasCorrection = biasCorrection ?? (name == .lamb)
        self.clipNorm = clipNorm == 0 ? nil : clipNorm
    }

    /// The factor on gradients of global norm `norm`: min(1, clipNorm / (norm + 1e-6)),
    /// as `torch.nn.utils.clip_grad_norm_` has it.
    public func clipFactor(norm: Double) -> Double {
        guard let clipNorm else { return 1 }
        return min(1, clipNorm / (norm + 1e-6))
    }
}
