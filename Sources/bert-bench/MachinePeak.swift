import CKernels
import Kernels
import Tensors

/// Peak arithmetic of all threads of an executor, multiplying and adding in registers with the
/// instructions used by products of a precision.
///
/// A shared machine rarely shows its best. Trials should therefore alternate with the measurements
/// that are compared with the peak, and the best of all trials counts.
final class MachinePeak {
    private let executor: KernelExecutor
    private let precision: Precision
    /// GFLOP/s of the best trial so far.
    private(set) var gigaflops = 0.0

    init(_ executor: KernelExecutor, _ precision: Precision = .fp32) {
        self.executor = executor
        self.precision = precision
        measure()
    }

    /// Runs `trials` trials of some milliseconds each.
    func measure(trials: Int = 5) {
        let peak = executor.peakOperationsPerSecond(precision, trials: trials, milliseconds: 8)
        gigaflops = max(gigaflops, peak / 1e9)
    }
}

/// McCalpin's STREAM triad on all threads of an executor, over arrays larger than any cache.
///
/// Bytes are counted as in STREAM: two reads and a write per element, although most processors also
/// read what they are about to overwrite. The kernels are counted in the same way.
struct Triad {
    private let executor: KernelExecutor
    private let blocks: [Block<Float>]

    /// Allocates three arrays of `megabytes` MB (2^20 bytes) each.
    init(_ executor: KernelExecutor, megabytes: Int = 128) {
        self.executor = executor
        blocks = (0..<3).map { _ in Block(count: megabytes << 18) }
    }

    /// Bytes moved by one run.
    var bytes: Double { Double(3 * blocks[0].count * MemoryLayout<Float>.stride) }

    /// One run.
    func run() {
        let (a, b, c) = (blocks[0].vector, blocks[1].vector, blocks[2].vector)
        executor.team.split(a.count, unit: 16) { part in
            bert_peak_triad(part.count, 3, b[part].base, c[part].base, a[part].base)
        }
    }

    /// Bandwidth in GB/s: the best of `trials`.
    func gigabytesPerSecond(trials: Int = 7) -> Double {
        let best = (0..<trials).map { _ in seconds { run() } }.min()
        return bytes / (best ?? .infinity) / 1e9
    }
}
