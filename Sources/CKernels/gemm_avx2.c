// AVX2 with FMA: tiles of 6 x 16 in 12 registers, two loads of B and 6 broadcasts of A per step.

#include "gemm_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))

enum { ROWS = 6, COLUMNS = 16 };

/// Stores the first `columns` of eight sums, each finished according to `end`.
TARGET static inline __attribute__((always_inline)) void store(__m256 sum, float *c,
                                                               size_t columns, bool add,
                                                               const float *bias) {
    if (columns >= 8) {
        if (add) sum = _mm256_add_ps(_mm256_loadu_ps(c), sum);
        if (bias) sum = _mm256_add_ps(sum, _mm256_loadu_ps(bias));
        _mm256_storeu_ps(c, sum);
        return;
    }
    float values[8];
    _mm256_storeu_ps(values, sum);
    for (size_t j = 0; j < columns; j++) {
        float value = add ? c[j] + values[j] : values[j];
        c[j] = bias ? value + bias[j] : value;
    }
}

TARGET static inline __attribute__((always_inline)) void tile_of(
    const size_t rows, size_t columns, size_t depth, const float *a, const float *b, float *c,
    size_t c_stride, bool add, const float *bias) {
    __m256 left[ROWS], right[ROWS];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) left[i] = right[i] = _mm256_setzero_ps();
    for (size_t k = 0; k < depth; k++) {
        __m256 b_left = _mm256_loadu_ps(b), b_right = _mm256_loadu_ps(b + 8);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++) {
            __m256 x = _mm256_broadcast_ss(a + i);
            left[i] = _mm256_fmadd_ps(x, b_left, left[i]);
            right[i] = _mm256_fmadd_ps(x, b_right, right[i]);
        }
        a += ROWS;
        b += COLUMNS;
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) {
        float *out = c + i * c_stride;
        store(left[i], out, columns, add, bias);
        if (columns > 8) {
            store(right[i], out + 8, columns - 8, add, bias ? bias + 8 : NULL);
        }
    }
}

#define CASE(n)                                                     \
    case n:                                                         \
        tile_of(n, columns, depth, a, b, c, c_stride, add, bias);         \
        break;

TARGET static void tile(size_t rows, size_t columns, size_t depth, const void *a, size_t a_stride,
                        const void *b, float *c, size_t c_stride, bool add, const float *bias) {
    (void)a_stride;
    switch (rows) { CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) }
}

/// Writes the panel from start to end, one step of the depth after another.
TARGET static void pack_transposed(size_t count, size_t depth, const float *source, size_t stride,
                                   float *panel, size_t width) {
    for (size_t k = 0; k < depth; k++) {
        for (size_t i = 0; i < count; i++) panel[k * width + i] = source[i * stride + k];
        for (size_t i = count; i < width; i++) panel[k * width + i] = 0;
    }
}

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define GEMM_KERNELS bert_gemm_avx2
#include "gemm_float_body.h"
#pragma clang attribute pop

#endif
