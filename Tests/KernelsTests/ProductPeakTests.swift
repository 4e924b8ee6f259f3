import CKernels
import Kernels
import Tensors
import Testing

@Suite struct ProductPeakTests {
    @Test func peakIsANumberOnAnyNumberOfThreads() {
        for set in InstructionSet.allCases where set <= .supported {
            for precision in Precision.allCases {
                let executor = KernelExecutor(threads: 2, instructionSet: set)
                let peak = executor.peakOperationsPerSecond(precision, trials: 1, milliseconds: 0.1)
                #expect(peak > 0 && peak.isFinite, "\(set), \(precision)")
            }
        }
    }

    @Test func operationsGrowWithRounds() {
        for set in InstructionSet.allCases where set <= .supported {
            for precision in [BERT_FP32, BERT_BF16] {
                let code = bert_instruction_set(UInt32(set.rawValue))
                let one = bert_peak_multiply_add(code, precision, 1)
                #expect(one >= 96)
                #expect(bert_peak_multiply_add(code, precision, 1000) == 1000 * one)
            }
        }
    }

    @Test func instructionsAreNamed() {
        let texts: [(Precision, InstructionSet, String)] = [
            (.fp32, .avx2, "fp32 by AVX2"), (.fp32, .amx, "fp32 by AVX-512"),
            (.fp32, .portable, "fp32 by OpenBLAS"), (.bf16, .amx, "bf16 by AMX"),
            (.bf16, .avx512BF16, "bf16 by AVX512_BF16"),
            (
                .bf16, .avx512,
                "in fp32 by AVX-512: this processor has neither AMX nor fast AVX512_BF16"
            ),
            (.fp16, .amx, "in fp32 by AVX-512, of factors stored in fp16"),
        ]
        for (precision, set, text) in texts {
            #expect(ProductInstructions(precision, set, amxIsRefused: false).description == text)
        }
        #expect(
            ProductInstructions(.bf16, .avx512, amxIsRefused: true).description
                == "in fp32 by AVX-512: the operating system does not let this process use the "
                + "processor's AMX")
        #expect(!ProductInstructions(.bf16, .avx512).isNative)
        #expect(ProductInstructions(.bf16, .amx).isNative)
        #expect(KernelExecutor(threads: 1).products(.fp32).isNative)
    }
}
