// Micro-kernel in plain C: for 16-bit storage on processors without AVX2, whose fp32 products are
// OpenBLAS's, and as the reference in tests of the others.

#include <math.h>
#include <string.h>

#include "gemm_kernels.h"

enum { ROWS = 4, COLUMNS = 8 };

static void tile(size_t rows, size_t columns, size_t depth, const void *packed_a,
                 size_t a_stride, const void *packed_b, float *c, size_t c_stride,
                 bool add, const float *bias) {
    (void)a_stride;
    const float *a = packed_a, *b = packed_b;
    float sum[ROWS][COLUMNS];
    memset(sum, 0, sizeof sum);
    for (size_t k = 0; k < depth; k++) {
        for (size_t i = 0; i < ROWS; i++) {
            for (size_t j = 0; j < COLUMNS; j++) sum[i][j] += a[k * ROWS + i] * b[k * COLUMNS + j];
        }
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            float *out = c + i * c_stride + j;
            float value = add ? *out + sum[i][j] : sum[i][j];
            *out = bias ? value + bias[j] : value;
        }
    }
}

static void pack_transposed(size_t count, size_t depth, const float *source, size_t stride,
                            float *panel, size_t width) {
    for (size_t k = 0; k < depth; k++) {
        for (size_t i = 0; i < width; i++) {
            panel[k * width + i] = i < count ? source[i * stride + k] : 0;
        }
    }
}

#define GEMM_KERNELS bert_gemm_portable
#include "gemm_float_body.h"
