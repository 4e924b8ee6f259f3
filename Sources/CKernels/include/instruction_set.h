#ifndef BERT_INSTRUCTION_SET_H
#define BERT_INSTRUCTION_SET_H

#include <stdbool.h>

/// Vector instructions for which kernels are compiled, weakest first. One binary contains all of
/// them, and selects at run time by the processor.
typedef enum {
    BERT_PORTABLE = 0,
    BERT_AVX2 = 1,
    BERT_AVX512 = 2,
    BERT_AVX512_BF16 = 3,  // plus dot products of bf16 pairs, if they are faster than fp32
    BERT_AMX = 4,          // plus tiles of bf16
} bert_instruction_set;

/// Returns the strongest set that this processor and its operating system support.
bert_instruction_set bert_supported_instruction_set(void);

/// Whether the processor has AMX, but its operating system does not let this process use it: a
/// Linux before 5.16, a hypervisor that hides the state, or an alternative signal stack that is too
/// small.
bool bert_amx_is_refused(void);

#endif
