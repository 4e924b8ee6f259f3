#ifndef BERT_GEMM_KERNELS_H
#define BERT_GEMM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

#include "gemm.h"

/// Computes a tile: up to `row_panel` x `column_panel` elements of C from packed panels of A and B,
/// added to C if `add`. `bias` is added in both cases unless it is NULL.
///
/// The two are not combined in a struct: reading one back as a whole right after its parts were
/// written stalls until all earlier stores are done, which costs 7% of a product.
typedef void bert_tile(size_t rows, size_t columns, size_t depth, const void *a, size_t a_stride,
                       const void *b, float *c, size_t c_stride, bool add, const float *bias);

/// Rows (or columns, of B) of an operand over a block of the depth, before packing.
typedef struct {
    size_t count, depth;
    const void *elements;
    bert_precision storage, precision;
    size_t stride;
    bool depth_contiguous;  // a step's elements are `stride` apart; otherwise contiguous
} bert_block;

/// Block of A in the form that `tile` reads.
typedef struct {
    const void *elements;
    size_t stride;  // from the panel of row i to that of row i + 1, in elements
} bert_packed_rows;

/// One implementation of products: its tile, and the packing of its operands. Packed depths are
/// multiples of `depth_unit`, padded with zeros; the panel of columns j begins j * depth elements
/// into B.
typedef struct {
    size_t row_panel, column_panel;
    size_t depth_block, depth_unit;
    size_t element_bytes;
    void (*begin)(void), (*end)(void);  // around the calls of `tile`; or NULL
    bert_tile *tile;
    bert_packed_rows (*pack_rows)(bert_block block, void *packed, void *strip);
    void (*pack_columns)(bert_block block, void *packed, void *strip);
    /// Sets rows and columns of C to the sums, or adds them to C, rounded to `storage`. `stride` is
    /// the distance between rows of the sums, `c_stride` between those of C.
    void (*finish)(size_t rows, size_t columns, const float *sums, size_t stride, bool accumulate,
                   bert_precision storage, void *c, size_t c_stride);
} bert_gemm_kernels;

enum {
    /// Bytes of `strip`, the packers' working memory: the widest panel over the longest block.
    BERT_GEMM_STRIP = 32 * 384 * 4,
};

extern const bert_gemm_kernels bert_gemm_portable;
#if defined(__x86_64__)
extern const bert_gemm_kernels bert_gemm_avx2;
extern const bert_gemm_kernels bert_gemm_avx512;
extern const bert_gemm_kernels bert_gemm_avx512_bf16;
extern const bert_gemm_kernels bert_gemm_amx;
#endif

#endif
