import CKernels
import Tensors

/// Vector instructions that kernels use.
public enum InstructionSet: Int, Sendable, Comparable, CaseIterable {
    /// Plain C, with OpenBLAS for matrix products.
    case portable = 0
    /// 256-bit vectors with fused multiply-add.
    case avx2 = 1
    /// 512-bit vectors (F, VL, BW, DQ).
    case avx512 = 2
    /// Additionally, dot products of bf16 pairs, if they are faster than fp32: on AMD's processors.
    case avx512BF16 = 3
    /// Additionally, AMX tiles of bf16.
    case amx = 4

    /// Strongest set that this processor supports.
    public static let supported =
        InstructionSet(rawValue: Int(bert_supported_instruction_set().rawValue)) ?? .portable

    /// Whether the processor has AMX, but the operating system does not let this process use it.
    public static let amxIsRefused = bert_amx_is_refused()

    /// Orders a weaker set before a stronger one.
    public static func < (left: InstructionSet, right: InstructionSet) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Whether bf16 products have instructions of their own; otherwise they are computed in fp32
    /// from operands rounded to bf16.
    public var multipliesBF16: Bool { self >= .avx512BF16 }

    var code: bert_instruction_set { bert_instruction_set(UInt32(rawValue)) }
}

extension Precision {
    var code: bert_precision {
        switch self {
        case .fp32: BERT_FP32
        case .bf16: BERT_BF16
        case .fp16: BERT_FP16
        }
    }
}
