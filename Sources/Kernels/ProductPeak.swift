import CKernels
import OperatingSystem
public import Tensors

/// Instructions for products of a precision.
public struct ProductInstructions: Sendable, Equatable, CustomStringConvertible {
    /// Storage format of activations.
    public let precision: Precision
    /// Vector instructions in use.
    public let instructionSet: InstructionSet
    private let amxIsRefused: Bool

    /// Creates a description of products of `precision` with `instructionSet`.
    ///
    /// - Parameter amxIsRefused: whether the processor has AMX, but its operating system does not
    ///   let this process use it.
    public init(
        _ precision: Precision, _ instructionSet: InstructionSet,
        amxIsRefused: Bool = InstructionSet.amxIsRefused
    ) {
        self.precision = precision
        self.instructionSet = instructionSet
        self.amxIsRefused = amxIsRefused
    }

    /// Whether factors are multiplied in the precision itself; otherwise in fp32.
    public var isNative: Bool {
        switch precision {
        case .fp32: true
        case .bf16: instructionSet.multipliesBF16
        case .fp16: false
        }
    }

    /// Text for people: "bf16 by AMX".
    public var description: String {
        let fp32 =
            switch instructionSet {
            case .portable: "OpenBLAS"
            case .avx2: "AVX2"
            case .avx512, .avx512BF16, .amx: "AVX-512"
            }
        switch precision {
        case .fp32: return "fp32 by \(fp32)"
        case .bf16 where instructionSet == .amx: return "bf16 by AMX"
        case .bf16 where isNative: return "bf16 by AVX512_BF16"
        case .bf16:
            return "in fp32 by \(fp32): "
                + (amxIsRefused
                    ? "the operating system does not let this process use the processor's AMX"
                    : "this processor has neither AMX nor fast AVX512_BF16")
        case .fp16: return "in fp32 by \(fp32), of factors stored in fp16"
        }
    }
}

extension KernelExecutor {
    /// Returns the instructions for products of `precision`.
    public func products(_ precision: Precision) -> ProductInstructions {
        ProductInstructions(precision, instructionSet)
    }

    /// Measures the peak floating-point operations per second that all threads reach together in
    /// any of `trials`, multiplying and adding in registers with the instructions of products of
    /// `precision`.
    ///
    /// - Parameter milliseconds: approximate duration of a trial on an idle machine. On a shared
    ///   machine only more trials help, because disturbed trials do not affect the maximum.
    public func peakOperationsPerSecond(
        _ precision: Precision, trials: Int = 8, milliseconds: Double = 1
    ) -> Double {
        let (set, precision) = (instructionSet.code, precision.code)
        // A warm-up run determines how many rounds a trial takes.
        var rounds = 10_000
        var start = MonotonicClock.seconds
        _ = bert_peak_multiply_add(set, precision, rounds)
        let wanted = milliseconds / 1000 / max(MonotonicClock.seconds - start, 1e-9)
        rounds = Int(Double(rounds) * min(max(wanted, 1), 1e6))
        var best = 0.0
        for _ in 0..<trials {
            start = MonotonicClock.seconds
            team.run { _ in _ = bert_peak_multiply_add(set, precision, rounds) }
            let elapsed = MonotonicClock.seconds - start
            // No rounds, no time: how much a round is does not depend on how many there are.
            let operations = bert_peak_multiply_add(set, precision, 1) * Double(rounds)
            best = max(best, operations * Double(team.count) / max(elapsed, 1e-9))
        }
        return best
    }
}
