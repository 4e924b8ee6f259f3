#ifndef BERT_PRECISION_H
#define BERT_PRECISION_H

#include <stdint.h>

/// Storage format of a number. Kernels compute in 32 bits for any storage: they widen on load,
/// which is exact, and round to nearest even on store.
typedef enum {
    BERT_FP32 = 0,
    BERT_BF16 = 1,  // the upper half of an IEEE 754 binary32
    BERT_FP16 = 2,  // IEEE 754 binary16
} bert_precision;

/// A bf16 number.
typedef struct {
    uint16_t bits;
} bert_bf16;

#endif
