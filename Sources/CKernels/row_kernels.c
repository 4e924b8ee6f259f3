#include "row_kernels.h"

#define TABLES(set)                                       \
    extern const bert_row_kernels bert_row_kernels_##set##_fp32; \
    extern const bert_row_kernels bert_row_kernels_##set##_bf16; \
    extern const bert_row_kernels bert_row_kernels_##set##_fp16; \
    static const bert_row_kernels *set##_tables(bert_precision storage) { \
        switch (storage) { \
            case BERT_FP32: return &bert_row_kernels_##set##_fp32; \
            case BERT_BF16: return &bert_row_kernels_##set##_bf16; \
            case BERT_FP16: return &bert_row_kernels_##set##_fp16; \
        } \
    }

TABLES(portable)
#if defined(__x86_64__)
TABLES(avx2)
TABLES(avx512)
#endif

const bert_row_kernels *bert_row_kernels_for(bert_instruction_set set, bert_precision storage) {
#if defined(__x86_64__)
    if (set >= BERT_AVX512) return avx512_tables(storage);
    if (set == BERT_AVX2) return avx2_tables(storage);
#endif
    (void)set;
    return portable_tables(storage);
}
