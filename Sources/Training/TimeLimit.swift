import Glibc
import MPI

/// How long a job may still run, as people and SLURM say it.
public enum TimeLimit {
    /// Seconds of a time in SLURM's notation: `MINUTES`, `MINUTES:SECONDS`,
    /// `HOURS:MINUTES:SECONDS`, `DAYS-HOURS`, `DAYS-HOURS:MINUTES`, `DAYS-HOURS:MINUTES:SECONDS`.
    /// Nil where it is none of these.
    public static func seconds(_ text: String) -> Double? {
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
        // With days, the first field after them is hours; without, a single or the first of two is
        // minutes.
        let units: [Double] =
            hasDays
            ? [86_400, 3600, 60, 1] : fields.count == 3 ? [3600, 60, 1] : [60, 1]
        return zip(numbers, units).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// When this job ends, in `MPIEnvironment.wallTime`: `timeLeft` seconds from now, or what SLURM
    /// says in `SLURM_JOB_END_TIME` (seconds since 1970), whichever comes first; nil without either.
    public static func endTime(timeLeft: Double?) -> Double? {
        let now = MPIEnvironment.wallTime
        var ends = timeLeft.map { [now + $0] } ?? []
        if let text = getenv("SLURM_JOB_END_TIME"), let end = Double(String(cString: text)),
            end > 0
        {
            ends.append(now + end - Double(time(nil)))
        }
        return ends.min()
    }
}
