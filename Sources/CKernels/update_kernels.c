#include "update_kernels.h"

extern const bert_update_kernels bert_update_kernels_portable;
#if defined(__x86_64__)
extern const bert_update_kernels bert_update_kernels_avx2;
extern const bert_update_kernels bert_update_kernels_avx512;
#endif

const bert_update_kernels *bert_update_kernels_for(bert_instruction_set set) {
#if defined(__x86_64__)
    if (set >= BERT_AVX512) return &bert_update_kernels_avx512;
    if (set == BERT_AVX2) return &bert_update_kernels_avx2;
#endif
    (void)set;
    return &bert_update_kernels_portable;
}
