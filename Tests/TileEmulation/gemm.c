// The blocked product, which calls the emulated kernel where it would call AMX's.

#define bert_gemm_amx emulated_gemm_amx
#define bert_gemm emulated_bert_gemm
#define bert_gemm_scratch emulated_gemm_scratch
#include "../../Sources/CKernels/gemm.c"
#undef bert_gemm

void emulated_gemm(const bert_gemm_task *task, void *scratch) {
    emulated_bert_gemm(BERT_AMX, task, scratch);
}
