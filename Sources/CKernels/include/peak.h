#ifndef BERT_PEAK_H
#define BERT_PEAK_H

#include <stddef.h>

#include "instruction_set.h"
#include "precision.h"

/// Runs `rounds` rounds of independent multiply-adds that touch no memory, with the instructions
/// that products of `precision` use, and returns the number of floating-point operations. Divided
/// by the elapsed time, it is the peak of a core. A round takes some 6 to 64 cycles.
double bert_peak_multiply_add(bert_instruction_set set, bert_precision precision, size_t rounds);

/// Runs McCalpin's STREAM triad, a = b + factor * c.
void bert_peak_triad(size_t count, float factor, const float *b, const float *c, float *a);

#endif
