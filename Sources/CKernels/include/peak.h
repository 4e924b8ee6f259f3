#ifndef BERT_PEAK_H
#define BERT_PEAK_H

#include <stddef.h>

#include "instruction_set.h"
#include "precision.h"

/// Runs `rounds` rounds of independent multiply-adds that touch no memory, with the instructions
/// that products of `precision` use, and returns how many floating-point operations that was: over
/// the time it took, the most a core can do. A round takes some 6 to 64 cycles.
double bert_peak_multiply_add(bert_instruction_set set, bert_precision precision, size_t rounds);

/// McCalpin's STREAM triad, a = b + factor * c.
void bert_peak_triad(size_t count, float factor, const float *b, const float *c, float *a);

#endif
