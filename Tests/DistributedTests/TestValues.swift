import MPI

/// Values of rank `rank`: a pure function of rank and index, so that any rank can compute all of
/// them. Signs and magnitudes vary, so that sums depend on the order of additions.
func testValues(_ count: Int, rank: Int) -> [Float] {
    (0..<count).map { index in
        // SplitMix64's finaliser.
        var bits =
            UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(rank + 1) &* 0xD1B5_4A32_D192_ED03
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        let fraction = Float(bits >> 40) / Float(1 << 24) - 0.5
        return fraction * Float(1 << (bits & 7))
    }
}

/// The values as bits, so that equality is bitwise (including NaN and -0).
func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }

/// Whether all ranks hold the same bits. Collective.
func isSameOnAllRanks(_ values: [Float], _ communicator: Communicator) throws -> Bool {
    let mine = values.withUnsafeBytes { [UInt8]($0) }
    return try communicator.broadcast(bytes: mine) == mine
}

/// Awkward counts for n ranks: zero, fewer than ranks, as many, one more, primes.
func awkwardCounts(_ ranks: Int) -> [Int] {
    Array(Set([0, 1, ranks - 1, ranks, ranks + 1, 2 * ranks + 1, 7, 131, 4099])).sorted()
}
