// AVX-512: tiles of 14 x 32 in 28 registers, two loads of B and 14 broadcasts of A per step.

#include "gemm_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "tile_store.h"
#include "transpose.h"

#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))

enum { ROWS = 14, COLUMNS = 32 };

/// Computes a tile of exactly `rows` rows, a compile-time constant, so that the sums stay in
/// registers.
TARGET static inline __attribute__((always_inline)) void tile_of(
    const size_t rows, size_t columns, size_t depth, const float *a, const float *b, float *c,
    size_t c_stride, bool add, const float *bias) {
    __m512 left[ROWS], right[ROWS];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) left[i] = right[i] = _mm512_setzero_ps();
    for (size_t k = 0; k < depth; k++) {
        __m512 b_left = _mm512_loadu_ps(b), b_right = _mm512_loadu_ps(b + 16);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++) {
            __m512 x = _mm512_set1_ps(a[i]);
            left[i] = _mm512_fmadd_ps(x, b_left, left[i]);
            right[i] = _mm512_fmadd_ps(x, b_right, right[i]);
        }
        a += ROWS;
        b += COLUMNS;
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) {
        store_row(left[i], right[i], columns, c + i * c_stride, add, bias);
    }
}

#define CASE(n)                                                     \
    case n:                                                         \
        tile_of(n, columns, depth, a, b, c, c_stride, add, bias);         \
        break;

TARGET static void tile(size_t rows, size_t columns, size_t depth, const void *a, size_t a_stride,
                        const void *b, float *c, size_t c_stride, bool add, const float *bias) {
    (void)a_stride;
    switch (rows) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7)
        CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
    }
}

TARGET static void pack_transposed(size_t count, size_t depth, const float *source, size_t stride,
                                   float *panel, size_t width) {
    for (size_t first = 0; first < width; first += 16) {
        size_t lanes = width - first < 16 ? width - first : 16;
        size_t present = count > first ? (count - first < lanes ? count - first : lanes) : 0;
        __mmask16 lane_mask = (__mmask16)((1u << lanes) - 1);
        for (size_t k = 0; k < depth; k += 16) {
            size_t steps = depth - k < 16 ? depth - k : 16;
            __mmask16 step_mask = (__mmask16)((1u << steps) - 1);
            __m512 r[16];
#pragma clang loop unroll(full)
            for (size_t i = 0; i < 16; i++) {
                r[i] = i < present
                           ? _mm512_maskz_loadu_ps(step_mask, source + (first + i) * stride + k)
                           : _mm512_setzero_ps();
            }
            transpose(r);
#pragma clang loop unroll(full)
            for (size_t step = 0; step < 16; step++) {
                if (step < steps) {
                    _mm512_mask_storeu_ps(panel + (k + step) * width + first, lane_mask, r[step]);
                }
            }
        }
    }
}

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,f16c"))), apply_to = function)
#define GEMM_KERNELS bert_gemm_avx512
#include "gemm_float_body.h"
#pragma clang attribute pop

#endif
