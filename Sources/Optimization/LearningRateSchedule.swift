#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The learning rate of every step as a part of its peak: a linear rise to 1, then a decay to 0 at
/// `totalSteps`. Section `schedule` of a configuration.
///
/// The decay starts from where the warm-up ends, so the rate never jumps; Google's and NVIDIA's
/// schedules measure the decay from step 0 and drop at the end of warm-up.
public struct LearningRateSchedule: Sendable, Equatable {
    /// The shape of the decay; raw values are those of `schedule.name`.
    public enum Name: String, CaseIterable, Sendable {
        /// Straight down to 0.
        case linear
        /// `(1 - x)^power` of the peak, x running from 0 to 1.
        case polynomial
        /// No decay, and no end.
        case constant
    }

    /// The shape of the decay.
    public var name: Name
    /// The exponent of `polynomial`; the others ignore it.
    public var power: Double
    /// The steps over which the rate rises; step `warmupSteps` is the first to have the peak.
    public var warmupSteps: Int
    /// The step at which the rate is 0 (or the peak, where warm-up takes all steps).
    public var totalSteps: Int

    /// A schedule.
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

    /// The learning rate of step `step`, counted from 1, where `peak` is the highest; 0 after
    /// `totalSteps` where the rate decays.
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

    /// `base` to the power `power`. The usual powers are rounded correctly, so that they do not
    /// depend on the node's mathematics library.
    private func raise(_ base: Double) -> Double {
        switch power {
        case 1: base
        case 0.5: base.squareRoot()
        case 2: base * base
        default: pow(base, power)
        }
    }
}
