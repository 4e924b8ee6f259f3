#ifndef BERT_PEAK_H
#define BERT_PEAK_H

#include <stddef.h>

#include "instruction_set.h"

/// Runs `rounds` rounds of independent fp32 multiply-adds that touch no memory, and returns how
/// many floating-point operations that was: over the time it took, the most a core can do.
double bert_peak_multiply_add(bert_instruction_set set, size_t rounds);

/// McCalpin's STREAM triad, a = b + factor * c.
void bert_peak_triad(size_t count, float factor, const float *b, const float *c, float *a);

#endif
