import Glibc

/// Resource usage of the process.
enum ProcessPeak {
    /// Maximum resident memory, in MB (2^20 bytes).
    static var residentMegabytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss / 1024
    }
}

/// Duration of `body`, in seconds.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let elapsed = try ContinuousClock().measure(body)
    let (whole, attoseconds) = elapsed.components
    return Double(whole) + Double(attoseconds) * 1e-18
}

/// Median of `values`, the mean of the middle two for an even number.
///
/// - Precondition: there is at least one.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Times of two alternating bodies, so that other load on the machine slows both alike.
///
/// Which body goes first also alternates, because the second finds warmer caches.
func alternating(
    pairs: Int, _ first: () throws -> Void, _ second: () throws -> Void
) rethrows -> (first: [Double], second: [Double]) {
    try alternating(pairs: pairs, timed: { try seconds(first) }, { try seconds(second) })
}

/// Alternates bodies that measure their own times, in seconds.
func alternating(
    pairs: Int, timed first: () throws -> Double, _ second: () throws -> Double
) rethrows -> (first: [Double], second: [Double]) {
    var times: (first: [Double], second: [Double]) = ([], [])
    for pair in 0..<pairs {
        if pair % 2 == 0 { times.first.append(try first()) }
        times.second.append(try second())
        if pair % 2 == 1 { times.first.append(try first()) }
    }
    return times
}

/// Median over pairs of `numerators` / `denominators`.
func medianRatio(_ numerators: [Double], over denominators: [Double]) -> Double {
    median(zip(numerators, denominators).map { $0 / $1 })
}
