#ifndef BERT_GEMM_H
#define BERT_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "instruction_set.h"
#include "precision.h"
#include "row_kernels.h"

/// Row-major matrix as a factor of a product.
typedef struct {
    const void *elements;
    bert_precision storage;
    size_t stride;    // elements from one row to the next
    bool transposed;  // whether the product takes its transpose
} bert_factor;

/// Computes C (rows x columns, row-major) = op(A) * op(B) + bias, or adds that to C.
typedef struct {
    size_t rows, columns, depth;
    bert_factor a, b;
    /// Precision to which the elements of A and B are rounded before they are multiplied; sums are
    /// fp32.
    bert_precision precision;
    void *c;
    /// Storage of C. Each element of C is rounded once, after everything else is added; if C has 16
    /// bits and the depth is above 24,576, it is rounded once per that many terms.
    bert_precision c_storage;
    size_t c_stride;
    bool accumulate;    // add to C instead of replacing it
    const float *bias;  // one value per column, added once; or NULL
    /// Receives gelu(C), stored like C, while C's elements are still in the cache; may be C, or
    /// NULL.
    void *activated;
    size_t activated_stride;
    bert_gelu_kind activation;
} bert_gemm_task;

/// Bytes of scratch memory, 64-byte aligned, that `bert_gemm` needs for any task.
size_t bert_gemm_scratch(void);

/// Runs `task` on the calling thread. Every element of C is summed in the order of the depth, in
/// blocks whose boundaries depend on the depth alone, so its bits do not depend on the other rows
/// and columns of the task. Tasks may therefore be split into tiles, for threads or ranks, without
/// changing any result. With fp32 precision, a term is one fused multiply-add, and AVX2 and AVX-512
/// give the same bits. bf16 precision has instructions of its own on some processors
/// (`BERT_AVX512_BF16`, `BERT_AMX`), which add terms in pairs.
void bert_gemm(bert_instruction_set set, const bert_gemm_task *task, void *scratch);

#endif
