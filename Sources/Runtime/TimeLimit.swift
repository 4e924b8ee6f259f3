import Glibc
import OperatingSystem

/// Remaining time of a job, as written by people and SLURM.
public enum TimeLimit {
    /// Seconds of a time in SLURM's notation: `MINUTES`, `MINUTES:SECONDS`,
    /// `HOURS:MINUTES:SECONDS`, `DAYS-HOURS`, `DAYS-HOURS:MINUTES`, `DAYS-HOURS:MINUTES:SECONDS`.
    /// Infinite for the words that SLURM prints if a job has no limit or no known one. Nil if it is
    /// none of these.
    public static func seconds(_ text: String) -> Double? {
        let text = text.filter { !$0.isWhitespace }
        if withoutLimit.contains(text.lowercased()) { return .infinity }
        let halves = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let fields = (halves.last ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(fields.count) else { return nil }
        var numbers: [Double] = []
        for field in halves.dropLast() + fields {
            guard (1...9).contains(field.utf8.count),
                field.utf8.allSatisfy({ (48...57).contains($0) }), let number = Double(field)
            else { return nil }
            numbers.append(number)
        }
        let hasDays = halves.count == 2
        // After days, the first field is hours; without days, a single field or the first of two is
        // minutes.
        let units: [Double] =
            hasDays
            ? [86_400, 3600, 60, 1] : fields.count == 3 ? [3600, 60, 1] : [60, 1]
        return zip(numbers, units).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// Words that `squeue`, `scontrol` and `sacct` print for times without a value.
    private static let withoutLimit: Set<String> = [
        "unlimited", "infinite", "invalid", "not_set", "none", "partition_limit", "n/a", "unknown",
        "(null)",
    ]

    /// End of this job in `MonotonicClock.seconds`: `timeLeft` seconds from now, or the time in
    /// `SLURM_JOB_END_TIME` (seconds since 1970), whichever comes first; nil if neither is known.
    public static func endTime(timeLeft: Double?) -> Double? {
        let slurm = getenv("SLURM_JOB_END_TIME").flatMap {
            secondsLeft(until: String(cString: $0), date: Double(time(nil)))
        }
        // The date is read once, so that later changes of the clock do not move the end.
        let left = [timeLeft, slurm].compactMap(\.self).min()
        return left.map { MonotonicClock.seconds + $0 }
    }

    /// Seconds from `date` to the end stated by SLURM. Nil if there is none, or if it has passed,
    /// because a job that still runs has been given more time.
    package static func secondsLeft(until text: String, date: Double) -> Double? {
        guard let end = Double(text), end.isFinite, end > date else { return nil }
        return end - date
    }
}
