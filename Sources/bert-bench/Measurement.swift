import Glibc

/// What the process has taken.
enum ProcessPeak {
    /// The most memory that it has had, in MB (2^20 bytes).
    static var residentMegabytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss / 1024
    }
}

/// Seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let elapsed = try ContinuousClock().measure(body)
    let (whole, attoseconds) = elapsed.components
    return Double(whole) + Double(attoseconds) * 1e-18
}

/// The middle of `values`, or the mean of the two in the middle.
///
/// - Precondition: there is at least one.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// The times of two bodies that take turns, so that what else the machine does slows both alike.
///
/// Who goes first alternates, too: the second finds warmer caches.
func alternating(
    pairs: Int, _ first: () throws -> Void, _ second: () throws -> Void
) rethrows -> (first: [Double], second: [Double]) {
    try alternating(pairs: pairs, timed: { try seconds(first) }, { try seconds(second) })
}

/// The same of bodies that take their own times, in seconds.
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

/// The median over pairs of `numerators` / `denominators`.
func medianRatio(_ numerators: [Double], over denominators: [Double]) -> Double {
    median(zip(numerators, denominators).map { $0 / $1 })
}
