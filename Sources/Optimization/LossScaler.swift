/// Chooses the factor on the loss before the backward pass, and decides which updates are skipped.
///
/// Gradients of a narrow type underflow below its smallest number. A factor on the loss lifts them,
/// and is removed before the update. If the factor is too large, a gradient becomes non-finite: the
/// update is skipped, and the factor falls. All ranks decide on the reduced gradient, which is the
/// same on all of them, so they agree without a message.
///
/// The rules are those of Megatron-LM's `DynamicGradScaler` (grad_scaler.py). An overflow resets
/// the count of clean steps to 0 and takes one of `hysteresis` lives; without a life left, each
/// overflow multiplies the scale by `backoff`. After `interval` consecutive clean steps the scale
/// grows, and only then are all lives restored: they do not count consecutive overflows. A
/// hysteresis of 1 gives PyTorch's `GradScaler`, except for the minimum.
public struct LossScaler: Sendable, Equatable {
    /// Policy that sets the scale.
    public enum Policy: Sendable, Equatable {
        /// A constant scale. A non-finite gradient is then an error.
        case fixed(Double)
        /// A dynamic scale that follows overflows.
        case dynamic(Dynamic)
    }

    /// Constants of a dynamic scale.
    public struct Dynamic: Sendable, Equatable {
        /// Initial scale.
        public var initial: Double
        /// Factor on the scale after `interval` consecutive clean steps.
        public var growth: Double
        /// Factor on the scale at an overflow.
        public var backoff: Double
        /// Number of consecutive clean steps before the scale grows.
        public var interval: Int
        /// Lower limit of the scale.
        public var minimum: Double
        /// Number of overflows since the last growth before the scale falls.
        public var hysteresis: Int

        /// Creates the constants; the defaults are PyTorch's, with a minimum.
        public init(
            initial: Double = 65536, growth: Double = 2, backoff: Double = 0.5,
            interval: Int = 2000, minimum: Double = 1, hysteresis: Int = 1
        ) {
            self.initial = initial
            self.growth = growth
            self.backoff = backoff
            self.interval = interval
            self.minimum = minimum
            self.hysteresis = hysteresis
        }
    }

    /// State that changes from step to step; it restores a scaler of the same policy.
    public struct State: Sendable, Equatable {
        /// Factor on the loss of the next step.
        public var scale: Double
        /// Clean steps since the last overflow or growth.
        public var cleanSteps = 0
        /// Overflows left until the scale falls; 0 once it falls at each overflow.
        public var hysteresisLeft = 0
        /// Overflows since the last clean step.
        public var overflowsInARow = 0
        /// Number of those overflows that happened at the minimum.
        public var overflowsAtMinimum = 0

        /// Creates the state at `scale`, before the first step.
        public init(scale: Double) { self.scale = scale }
    }

    /// Policy that sets the scale.
    public let policy: Policy
    /// Current state.
    public private(set) var state: State

    /// Maximum scale, at which growth stops: nothing of a 32-bit gradient needs more, and its
    /// inverse is far from vanishing.
    public static let maximumScale = 4_294_967_296.0
    /// Consecutive overflows at the minimum after which a run gives up.
    public static let overflowLimit = 50

    /// Creates a scaler before its first step.
    ///
    /// - Precondition: scales are above 0 and at most `maximumScale`, `initial >= minimum`,
    ///   `growth >= 1`, `0 < backoff < 1`, counts are positive.
    public init(_ policy: Policy) {
        self.policy = policy
        switch policy {
        case .fixed(let scale):
            precondition(scale > 0 && scale <= Self.maximumScale, "impossible scale")
            state = State(scale: scale)
        case .dynamic(let dynamic):
            precondition(
                dynamic.minimum > 0 && dynamic.initial >= dynamic.minimum
                    && dynamic.initial <= Self.maximumScale, "impossible scale")
            precondition(dynamic.growth >= 1, "growth that shrinks")
            precondition(dynamic.backoff > 0 && dynamic.backoff < 1, "backoff that grows")
            precondition(dynamic.interval > 0 && dynamic.hysteresis > 0, "count not positive")
            state = State(scale: dynamic.initial)
            state.hysteresisLeft = dynamic.hysteresis
        }
    }

    /// Creates a scaler that resumes from `state`; nil if a scaler of `policy` cannot reach that
    /// state.
    public init?(_ policy: Policy, state: State) {
        self.init(policy)
        let isPossible =
            switch policy {
            case .fixed: state == self.state
            case .dynamic(let dynamic):
                state.scale >= dynamic.minimum && state.scale <= Self.maximumScale
                    && (0..<dynamic.interval).contains(state.cleanSteps)
                    && (0...dynamic.hysteresis).contains(state.hysteresisLeft)
                    && state.overflowsInARow >= 0
                    && (0..<Self.overflowLimit).contains(state.overflowsAtMinimum)
                    && state.overflowsAtMinimum <= state.overflowsInARow
                    && (state.cleanSteps == 0 || state.overflowsInARow == 0)
            }
        guard isPossible else { return nil }
        self.state = state
    }

    /// Factor on the loss of the next step.
    public var scale: Double { state.scale }

    /// Whether an update that overflowed is skipped and the run continues; otherwise it is an
    /// error.
    public var skipsOverflows: Bool {
        if case .dynamic = policy { true } else { false }
    }

    /// Whether a lower scale can no longer help.
    public var isExhausted: Bool { state.overflowsAtMinimum >= Self.overflowLimit }

    /// Records a step; `overflowed` tells if its reduced gradient was not finite.
    public mutating func update(overflowed: Bool) {
        guard case .dynamic(let dynamic) = policy else { return }
        if overflowed {
            state.overflowsInARow += 1
            if state.scale <= dynamic.minimum { state.overflowsAtMinimum += 1 }
            state.cleanSteps = 0
            state.hysteresisLeft = max(0, state.hysteresisLeft - 1)
            if state.hysteresisLeft == 0 {
                state.scale = max(state.scale * dynamic.backoff, dynamic.minimum)
            }
        } else {
            state.overflowsInARow = 0
            state.overflowsAtMinimum = 0
            state.cleanSteps += 1
            if state.cleanSteps == dynamic.interval {
                state.cleanSteps = 0
                state.hysteresisLeft = dynamic.hysteresis
                state.scale = min(state.scale * dynamic.growth, Self.maximumScale)
            }
        }
    }
}
