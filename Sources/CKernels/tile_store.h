// Stores a row of a tile of 32 columns, held in two AVX-512 registers, in C.

#ifndef BERT_TILE_STORE_H
#define BERT_TILE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include <immintrin.h>

#define TILE_STORE \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq"), always_inline)) static inline

TILE_STORE void store_masked(__m512 sum, float *c, __mmask16 mask, bool add, const float *bias) {
    if (add) sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, c), sum);
    if (bias) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, bias));
    _mm512_mask_storeu_ps(c, mask, sum);
}

/// Stores the first `columns` (1 to 32) of a row's sums, or adds them to C, and `bias` unless NULL.
TILE_STORE void store_row(__m512 left, __m512 right, size_t columns, float *c, bool add,
                          const float *bias) {
    __mmask16 left_mask = (__mmask16)(columns >= 16 ? 0xffff : (1u << columns) - 1);
    __mmask16 right_mask = (__mmask16)(columns >= 32   ? 0xffff
                                       : columns <= 16 ? 0
                                                       : (1u << (columns - 16)) - 1);
    store_masked(left, c, left_mask, add, bias);
    store_masked(right, c + 16, right_mask, add, bias ? bias + 16 : NULL);
}

#endif
