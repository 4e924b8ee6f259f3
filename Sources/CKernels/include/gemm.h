#ifndef BERT_GEMM_H
#define BERT_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "instruction_set.h"

/// C (rows x columns, row-major) = op(A) * op(B) + bias, or that added to C.
typedef struct {
    size_t rows, columns, depth;
    const float *a;  // rows x depth; depth x rows if a_transposed
    size_t a_stride;
    bool a_transposed;
    const float *b;  // depth x columns; columns x depth if b_transposed
    size_t b_stride;
    bool b_transposed;
    float *c;
    size_t c_stride;
    bool accumulate;    // add to C instead of replacing it
    const float *bias;  // one value a column, added once; or NULL
} bert_gemm_f32_task;

/// Floats of scratch memory, 64-byte aligned, that `bert_gemm_f32` needs for any task.
size_t bert_gemm_f32_scratch(void);

/// Runs `task` on the calling thread. Every element of C is summed in the order of the depth,
/// with one fused multiply-add a term, in blocks whose limits depend on the depth alone: its bits
/// do not depend on the other rows and columns of the task, nor on whether AVX2 or AVX-512 runs
/// it. Tasks may therefore be cut into tiles, for threads or ranks, without changing any result.
void bert_gemm_f32(bert_instruction_set set, const bert_gemm_f32_task *task, float *scratch);

#endif
