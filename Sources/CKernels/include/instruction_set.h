#ifndef BERT_INSTRUCTION_SET_H
#define BERT_INSTRUCTION_SET_H

#include <stdbool.h>

/// The vector instructions that kernels are compiled for, weakest first. One binary holds all of
/// them; the processor decides at run time.
typedef enum {
    BERT_PORTABLE = 0,
    BERT_AVX2 = 1,
    BERT_AVX512 = 2,
    BERT_AVX512_BF16 = 3,  // and dot products of bf16 pairs, where they are faster than fp32
    BERT_AMX = 4,          // and tiles of bf16
} bert_instruction_set;

/// The strongest set that this processor and its operating system support.
bert_instruction_set bert_supported_instruction_set(void);

/// Whether the processor has AMX, but its operating system does not let this process use it: a Linux
/// before 5.16, a hypervisor that hides the state, or too small an alternative signal stack.
bool bert_amx_is_refused(void);

#endif
