#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The learning rate of every step: a linear rise to `peak`, then a decay to 0 at `totalSteps`.
///
/// The decay starts from where the warm-up ends, so the rate never jumps; Google's and NVIDIA's
/// schedules measure the decay from step 0 and drop at the end of warm-up.
public struct LearningRateSchedule: Sendable, Equatable {
    /// The shape of the decay; raw values are those of `schedule.name` in the configuration.
    public enum Name: String, CaseIterable, Sendable {
        /// Straight down to 0.
        case linear
        /// `(1 - x)^power` of the peak, x running from 0 to 1.
        case polynomial
        /// No decay, and no end.
        case constant
    }

    /// The shape of the decay.
    public let name: Name
    /// The exponent of `polynomial`; the others ignore it.
    public let power: Double
    /// The steps over which the rate rises; step `warmupSteps` is the first to have the peak.
    public let warmupSteps: Int
    /// The step at which the rate is 0 (or the peak, where warm-up takes all steps).
    public let totalSteps: Int
    /// The highest rate.
    public let peak: Double

    /// A schedule.
    ///
    /// - Precondition: no number is negative, `power` is positive, all are finite.
    public init(
        name: Name = .linear, power: Double = 1, warmupSteps: Int, totalSteps: Int, peak: Double
    ) {
        precondition(warmupSteps >= 0 && totalSteps >= 0, "negative steps")
        precondition(peak >= 0 && peak.isFinite, "peak is no rate")
        precondition(power > 0 && power.isFinite, "power is not positive")
        self.name = name
        self.power = power
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
        self.peak = peak
    }

    /// The rate of step `step`, counted from 1; 0 after `totalSteps` where the rate decays.
    public func rate(_ step: Int) -> Double {
        precondition(step >= 1, "steps count from 1")
        if name != .constant && step > totalSteps { return 0 }
        if step <= warmupSteps { return peak * (Double(step) / Double(warmupSteps)) }
        guard name != .constant else { return peak }
        let remaining = Double(totalSteps - step) / Double(totalSteps - warmupSteps)
        return peak * (name == .linear ? remaining : raise(remaining))
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
