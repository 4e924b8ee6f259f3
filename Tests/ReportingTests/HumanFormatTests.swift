import Reporting
import Testing

@Suite struct HumanFormatTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1.00 k"), (12_345, "12.3 k"), (999_499, "999 k"),
        (999_500, "1.00 M"), (1_234_567, "1.23 M"), (110_106_428, "110 M"), (-1500, "-1.50 k"),
        (Int.max, "9.22 E"),
    ])
    func counts(value: Int, text: String) { #expect(HumanFormat.count(value) == text) }

    @Test(arguments: [
        (0.0, "0.00 s"), (0.25, "0.25 s"), (0.996, "1.0 s"), (7.46, "7.5 s"), (9.96, "10 s"),
        (59.4, "59 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (3599.6, "1 h 00 min"),
        (3780, "1 h 03 min"), (190_800, "2 d 05 h"), (.infinity, "?"), (.nan, "?"), (-1, "?"),
    ])
    func durations(seconds: Double, text: String) {
        #expect(HumanFormat.duration(seconds) == text)
    }

    @Test(arguments: [
        (999, "999 bytes"), (1230, "1.23 kB"), (438_000_000, "438 MB"), (1_500_000_000, "1.50 GB"),
    ])
    func sizes(value: Int, text: String) { #expect(HumanFormat.bytes(value) == text) }

    @Test(arguments: [
        (12_345.0, "12.3k tokens/s"), (7.0, "7.00 tokens/s"), (.nan, "? tokens/s"),
    ])
    func rates(value: Double, text: String) {
        #expect(HumanFormat.rate(value, of: "tokens") == text)
    }

    @Test func numbers() {
        #expect(HumanFormat.fixed(2.00005, decimals: 4) == "2.0000")
        #expect(HumanFormat.fixed(.nan, decimals: 4) == "nan")
        #expect(HumanFormat.fixed(-.infinity, decimals: 4) == "-inf")
        // The longest text that a Double has.
        #expect(HumanFormat.fixed(-.greatestFiniteMagnitude, decimals: 4).count == 315)
        #expect(HumanFormat.scientific(1e-4) == "1.00e-04")
        #expect(HumanFormat.percent(0.1234) == "12.3%")
    }
}
