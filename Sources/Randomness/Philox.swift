/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel Random
/// Numbers: As Easy as 1, 2, 3" (SC 2011). It is a keyed bijection of 128-bit counters, so any
/// value is available by its address and no stream is ever advanced.
public enum Philox {
    /// Computes the four 32-bit words of counter `counter` under the key `key`.
    @inlinable
    public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var x = counter
        var key = key
        for _ in 0..<10 {
            let first = x[0].multipliedFullWidth(by: 0xD251_1F53)
            let second = x[2].multipliedFullWidth(by: 0xCD9E_8D57)
            x = SIMD4(
                second.high ^ x[1] ^ key[0], second.low,
                first.high ^ x[3] ^ key[1], first.low)
            key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
        }
        return x
    }
}
