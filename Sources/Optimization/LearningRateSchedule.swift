#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Learning rate of every step as a fraction of its peak: a linear warm-up to 1, then a decay to 0
/// at `totalSteps`. Section `schedule` of a configuration.
///
/// The decay starts at the end of the warm-up, so the rate never jumps. Google's and NVIDIA's
/// schedules measure the decay from step 0 and drop at the end of warm-up.
public struct LearningRateSchedule: Sendable, Equatable {
    /// Shape of the decay; raw values are those of `schedule.name`.
    public enum Name: String, CaseIterable, Sendable {
        /// Linear to 0.
        case linear
        /// `(1 - x)^power` of the peak, with x from 0 to 1.
        case polynomial
        /// No decay, and no end.
        case constant
    }

    /// Shape of the decay.
    public var name: Name
    /// Exponent of `polynomial`; ignored by the others.
    public var power: Double
    /// Number of warm-up steps; step `warmupSteps` is the first at the peak.
    public var warmupSteps: Int
    /// Step at which the rate is 0 (or the peak, if warm-up takes all steps).
    public var totalSteps: Int

    /// Creates a schedule.
    ///
    /// - Precondition: no number is negative, `power` is positive and finite.
    public init(
        name: Name = .linear, power: Double = 1, warmupSteps: Int = 100, totalSteps: Int = 1000
    ) {
        precondition(warmupSteps >= 0 && totalSteps >= 0, "negative steps")
        precondition(power > 0 && power.isFinite, "power is not positive")
        self.name = name
        self.power = power
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
    }

    /// Returns the learning rate at step `step`, counted from 1, with the given `peak`; 0 after
    /// `totalSteps` if the rate decays.
    public func rate(_ step: Int, peak: Double) -> Double {
        precondition(step >= 1, "steps count from 1")
        switch name {
        case .constant: break
        case .linear, .polynomial: if step > totalSteps { return 0 }
        }
        if step <= warmupSteps { return peak * (Double(step) / Double(warmupSteps)) }
        var remaining: Double { Double(totalSteps - step) / Double(totalSteps - warmupSteps) }
        switch name {
        case .constant: return peak
        case .linear: return peak * remaining
        case .polynomial: return peak * raise(remaining)
        }
    }

    /// Raises `base` to the power `power`. The usual powers are correctly rounded, so that they do
    /// not depend on the node's math library.
    private func raise(_ base: Double) -> Double {
        switch power {
        case 1: base
        case 0.5: base.squareRoot()
        case 2: base * base
        default: pow(base, power)
        }
    }
}
