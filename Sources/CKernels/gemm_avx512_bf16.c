// AVX512_BF16: tiles of 14 x 32 in 28 registers; a dot product adds two terms to each lane.

#include "gemm_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(                                                                 \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma,f16c"))), \
    apply_to = function)

enum { ROWS = 14, COLUMNS = 32, DEPTH_UNIT = 2 };

#define ROUND_BY_AVX512_BF16
#include "gemm_pairs.h"
#include "tile_store.h"

INLINE __m512bh broadcast_pair(const char *pair) {
    int32_t bits;
    memcpy(&bits, pair, sizeof bits);
    return (__m512bh)_mm512_set1_epi32(bits);
}

/// Computes a tile of exactly `rows` rows, a compile-time constant, so that the sums stay in
/// registers.
INLINE void tile_of(const size_t rows, size_t columns, size_t depth, const char *a,
                    size_t a_bytes, const char *b, float *c, size_t c_stride, bool add, const float *bias) {
    __m512 left[ROWS], right[ROWS];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) left[i] = right[i] = _mm512_setzero_ps();
    for (size_t k = 0; k < depth; k += 2) {
        __m512bh b_left = (__m512bh)_mm512_loadu_ps(b), b_right = (__m512bh)_mm512_loadu_ps(b + 64);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++) {
            __m512bh x = broadcast_pair(a + i * a_bytes);
            left[i] = _mm512_dpbf16_ps(left[i], x, b_left);
            right[i] = _mm512_dpbf16_ps(right[i], x, b_right);
        }
        a += 2 * sizeof(bert_bf16);
        b += COLUMNS * 2 * sizeof(bert_bf16);
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) {
        store_row(left[i], right[i], columns, c + i * c_stride, add, bias);
    }
}

#define CASE(n)                                                                          \
    case n:                                                                              \
        tile_of(n, columns, depth, a, a_stride * sizeof(bert_bf16), b, c, c_stride, add, bias); \
        break;

static void tile(size_t rows, size_t columns, size_t depth, const void *a, size_t a_stride,
                 const void *b, float *c, size_t c_stride, bool add, const float *bias) {
    switch (rows) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7)
        CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
    }
}

const bert_gemm_kernels bert_gemm_avx512_bf16 = PAIR_KERNELS(ROWS, NULL, NULL);

#pragma clang attribute pop

#endif
