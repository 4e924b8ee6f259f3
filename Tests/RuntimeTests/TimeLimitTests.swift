import Runtime
import Testing

/// Remaining time of a job, in SLURM's notation.
@Suite("time limit") struct TimeLimitTests {
    @Test("times in SLURM's notation")
    func times() {
        let expected: [(String, Double?)] = [
            ("0", 0), ("90", 5400), ("1:30", 90), ("2:00:01", 7201), ("1-0", 86_400),
            ("1-1:30", 91_800), ("2-03:04:05", 183_845), ("", nil), ("-5", nil), ("1-", nil),
            ("1:2:3:4", nil), ("1::2", nil), ("1.5", nil), ("1-2-3", nil), ("9999999999", nil),
            ("+1", nil), ("  59:30", 3570), ("1-00:00:00", 86_400), ("30", 1800),
        ]
        for (text, seconds) in expected {
            #expect(TimeLimit.seconds(text) == seconds, "\(text)")
        }
    }

    @Test(
        "words of SLURM for a time without limit are none",
        arguments: [
            "UNLIMITED", "INFINITE", "INVALID", "NOT_SET", "NONE", "Partition_Limit", "N/A", "n/a",
            "Unknown", "   UNLIMITED",
        ])
    func noLimit(word: String) { #expect(TimeLimit.seconds(word) == .infinity) }

    @Test("SLURM's end time counts if it is in the future")
    func schedulerEnd() {
        let expected: [(String, Double?)] = [
            ("1000007", 7), ("1000007.5", 7.5), ("1000000", nil), ("999999", nil), ("0", nil),
            ("", nil), ("nan", nil), ("inf", nil), ("Unknown", nil), ("-1", nil),
        ]
        for (text, left) in expected {
            #expect(TimeLimit.secondsLeft(until: text, date: 1_000_000) == left, "\(text)")
        }
    }
}
