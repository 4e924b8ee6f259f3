#ifndef BERT_GEMM_KERNELS_H
#define BERT_GEMM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/// What a micro-kernel does with a tile of C when its block of the depth is done.
typedef struct {
    bool add_to_c;      // C already holds a part of the sum
    const float *bias;  // added after the last block; or NULL
} bert_tile_end;

/// A tile: up to `row_panel` x `column_panel` elements of C from packed panels of A and B, in
/// which each step of the depth holds the panel's elements side by side.
typedef void bert_tile_f32(size_t rows, size_t columns, size_t depth, const float *a,
                           const float *b, float *c, size_t c_stride, bert_tile_end end);

/// Copies `count` x `depth` elements, of which the panel direction is strided (`stride`) and the
/// depth contiguous, into a panel of `width`; elements beyond `count` become zero.
typedef void bert_pack_transposed_f32(size_t count, size_t depth, const float *source,
                                      size_t stride, float *panel, size_t width);

typedef struct {
    size_t row_panel, column_panel;
    bert_tile_f32 *tile;
    bert_pack_transposed_f32 *pack_transposed;
} bert_gemm_kernels;

extern const bert_gemm_kernels bert_gemm_portable;
#if defined(__x86_64__)
extern const bert_gemm_kernels bert_gemm_avx2;
extern const bert_gemm_kernels bert_gemm_avx512;
#endif

#endif
