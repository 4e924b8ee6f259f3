import CKernels
import OperatingSystem
public import Tensors

/// The instructions for products of a precision.
public struct ProductInstructions: Sendable, Equatable, CustomStringConvertible {
    /// The storage format of activations.
    public let precision: Precision
    /// The instructions.
    public let instructionSet: InstructionSet
    private let amxIsRefused: Bool

    /// Products of `precision` with `instructionSet`.
    ///
    /// - Parameter amxIsRefused: whether the processor has AMX, which its operating system does not
    ///   let this process use.
    public init(
        _ precision: Precision, _ instructionSet: InstructionSet,
        amxIsRefused: Bool = InstructionSet.amxIsRefused
    ) {
        self.precision = precision
        self.instructionSet = instructionSet
        self.amxIsRefused = amxIsRefused
    }

    /// Whether factors are multiplied in the precision itself; if not, in fp32.
    public var isNative: Bool {
        switch precision {
        case .fp32: true
        case .bf16: instructionSet.multipliesBF16
        case .fp16: false
        }
    }

    /// For people: "bf16 by AMX".
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
    /// Describes the instructions for products of `precision`.
    public func products(_ precision: Precision) -> ProductInstructions {
        ProductInstructions(precision, instructionSet)
    }

    /// The most floating-point operations a second that all threads did together in any of
    /// `trials`, multiplying and adding in registers with the instructions of products of
    /// `precision`.
    ///
    /// - Parameter milliseconds: about how long a trial takes on an idle machine. On one that others
    ///   use, only more trials help: those that are disturbed count for nothing.
    public func peakOperationsPerSecond(
        _ precision: Precision, trials: Int = 8, milliseconds: Double = 1
    ) -> Double {
        let (set, precision) = (instructionSet.code, precision.code)
        // A first run, to warm up, says how many rounds a trial takes.
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
