import CKernels

/// The vector instructions that kernels use.
public enum InstructionSet: Int, Sendable, Comparable, CaseIterable {
    /// Plain C, and OpenBLAS for matrix products.
    case portable = 0
    /// 256-bit vectors with fused multiply-add.
    case avx2 = 1
    /// 512-bit vectors (F, VL, BW, DQ).
    case avx512 = 2

    /// The strongest set that this processor supports.
    public static let supported =
        InstructionSet(rawValue: Int(bert_supported_instruction_set().rawValue)) ?? .portable

    /// A weaker set comes before a stronger one.
    public static func < (left: InstructionSet, right: InstructionSet) -> Bool {
        left.rawValue < right.rawValue
    }

    var code: bert_instruction_set { bert_instruction_set(UInt32(rawValue)) }
}
