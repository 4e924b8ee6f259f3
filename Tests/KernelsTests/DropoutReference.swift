import Randomness

/// Dropout as documented in `row_kernels.h`, one element at a time. It fixes the addressing, on
/// which the reproducibility of every run depends.
struct DropoutReference {
    let seed: UInt64
    let purpose: RandomPurpose
    let layer: Int
    let probability: Double

    var threshold: UInt32 { UInt32((probability * 65536).rounded()) }
    var scale: Double { Double(Float(65536 / (65536 - Double(threshold)))) }

    /// Factor of element `column` of a row of `columns` at `position`: 0 or `scale`.
    func factor(epoch: Int, sample: Int, position: Int, column: Int, of columns: Int) -> Double {
        guard threshold > 0 else { return 1 }
        let groups = (columns + 127) / 128
        let block = 16 * (position * groups + column / 128) + column % 16
        let address = RandomAddress(
            seed: seed, purpose: purpose, layer: layer, epoch: epoch, sample: sample)
        let word = address.block(UInt32(block))[column / 16 % 4]
        let half = column % 128 / 64 == 0 ? word & 0xffff : word >> 16
        return half < threshold ? 0 : scale
    }
}
