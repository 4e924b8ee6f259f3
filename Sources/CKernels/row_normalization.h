// Dropout, layer normalization, and sums over rows. A part of row_kernels_body.h.

#ifndef BERT_ROW_NORMALIZATION_H
#define BERT_ROW_NORMALIZATION_H

#include <math.h>

#include "dropout.h"
#include "row_elements.h"

/// Computes y = residual + dropout(x) of one row; without a residual, dropout(x) alone.
INLINE void dropout_row(size_t columns, const element *x, const element *residual,
                        const bert_dropout *dropout, bert_random_row random, element *y) {
    const size_t groups = dropout_groups(columns);
    for (size_t group = 0; group < groups; group++) {
        const size_t start = group * DROPOUT_GROUP;
        const size_t count = smaller(DROPOUT_GROUP, columns - start);
        random_group numbers = row_group(dropout, random, group, groups);
#pragma clang loop unroll(full)
        for (size_t part = 0; part < DROPOUT_GROUP / LANES; part++) {
            if (part * LANES < count) {
                const size_t i = start + part * LANES, w = smaller(LANES, columns - i);
                f32x16 value = dropped(load(x + i, w), dropout, &numbers, part);
                if (residual) value = load(residual + i, w) + value;
                store(y + i, value, w);
            }
        }
    }
}

static void dropout_rows(size_t rows, size_t columns, const void *input,
                         const bert_dropout *dropout, const bert_random_row *random,
                         void *output) {
    const element *x = input;
    element *y = output;
    if (dropout->threshold == 0) {
        if (x != y) memcpy(y, x, rows * columns * sizeof *x);
        return;
    }
    for (size_t r = 0; r < rows; r++) {
        dropout_row(columns, x + r * columns, NULL, dropout, random[r], y + r * columns);
    }
}

INLINE void normalize_row(size_t columns, const element *x, const float *gamma, const float *beta,
                          float epsilon, element *y, float *mean, float *rstd) {
    f32x16 sum = {}, squares = {};
    FOR_VECTORS(i, w, columns) sum += load(x + i, w);
    const float m = sum_of(sum) / (float)columns;
    FOR_VECTORS(i, w, columns) {
        f32x16 d = keep_first(load(x + i, w) - m, w, 0);
        squares += d * d;
    }
    const float r = 1.0f / sqrtf(sum_of(squares) / (float)columns + epsilon);
    FOR_VECTORS(i, w, columns) {
        store(y + i, (load(x + i, w) - m) * r * load(gamma + i, w) + load(beta + i, w), w);
    }
    *mean = m;
    *rstd = r;
}

static void layer_norm_forward(size_t rows, size_t columns, void *input, const void *base,
                               const bert_dropout *dropout, const bert_random_row *random,
                               const float *gamma, const float *beta, float epsilon, void *output,
                               float *mean, float *rstd) {
    const element *residual = base;
    element *x = input, *y = output;
    for (size_t r = 0; r < rows; r++) {
        element *row = x + r * columns;
        if (residual && dropout->threshold != 0) {
            dropout_row(columns, row, residual + r * columns, dropout, random[r], row);
        } else if (residual) {
            add(columns, residual + r * columns, row);
        }
        normalize_row(columns, row, gamma, beta, epsilon, y + r * columns, mean + r, rstd + r);
    }
}

static void layer_norm_backward(size_t rows, size_t columns, const void *input, const float *mean,
                                const float *rstd, const float *gamma, const void *output_gradient,
                                void *input_gradient) {
    for (size_t r = 0; r < rows; r++) {
        const element *x_row = (const element *)input + r * columns;
        const element *dy_row = (const element *)output_gradient + r * columns;
        element *dx_row = (element *)input_gradient + r * columns;
        const float m = mean[r], s = rstd[r];
        f32x16 sum = {}, dot = {};
        FOR_VECTORS(i, w, columns) {
            f32x16 g = load(dy_row + i, w) * load(gamma + i, w);
            sum += g;
            dot += g * ((load(x_row + i, w) - m) * s);
        }
        const float mean_g = sum_of(sum) / (float)columns;
        const float mean_dot = sum_of(dot) / (float)columns;
        FOR_VECTORS(i, w, columns) {
            f32x16 g = load(dy_row + i, w) * load(gamma + i, w);
            f32x16 normal = (load(x_row + i, w) - m) * s;
            store(dx_row + i, (g - mean_g - normal * mean_dot) * s, w);
        }
    }
}

/// Width of the column blocks in sums over rows: wide enough for whole cache lines per row, narrow
/// enough for the sums to stay in registers.
enum { COLUMN_VECTORS = 4, COLUMN_BLOCK = COLUMN_VECTORS * LANES };

/// Adds `vectors` sums to `sums`, or overwrites it.
INLINE void store_sums(size_t columns, const f32x16 *vectors, bool accumulate, float *sums) {
    FOR_VECTORS(i, w, columns) {
        f32x16 sum = vectors[i / LANES];
        store(sums + i, accumulate ? load(sums + i, w) + sum : sum, w);
    }
}

static void layer_norm_parameters(size_t rows, size_t columns, size_t first, size_t last,
                                  const void *input, const float *mean, const float *rstd,
                                  const void *output_gradient, bool accumulate, float *dgamma,
                                  float *dbeta) {
    const element *x = input, *dy = output_gradient;
    for (size_t j = first; j < last; j += COLUMN_BLOCK) {
        const size_t width = smaller(COLUMN_BLOCK, last - j);
        f32x16 gamma_sums[COLUMN_VECTORS] = {}, beta_sums[COLUMN_VECTORS] = {};
        for (size_t r = 0; r < rows; r++) {
            const element *x_row = x + r * columns + j, *dy_row = dy + r * columns + j;
#pragma clang loop unroll(full)
            for (size_t v = 0; v < COLUMN_VECTORS; v++) {
                if (v * LANES < width) {
                    const size_t w = width - v * LANES;
                    f32x16 g = load(dy_row + v * LANES, w);
                    gamma_sums[v] += g * ((load(x_row + v * LANES, w) - mean[r]) * rstd[r]);
                    beta_sums[v] += g;
                }
            }
        }
        store_sums(width, gamma_sums, accumulate, dgamma + j);
        store_sums(width, beta_sums, accumulate, dbeta + j);
    }
}

static void column_sums(size_t rows, size_t stride, size_t first, size_t last, const void *input,
                        bool accumulate, float *sums) {
    const element *x = input;
    for (size_t j = first; j < last; j += COLUMN_BLOCK) {
        const size_t width = smaller(COLUMN_BLOCK, last - j);
        f32x16 vectors[COLUMN_VECTORS] = {};
        for (size_t r = 0; r < rows; r++) {
            const element *row = x + r * stride + j;
#pragma clang loop unroll(full)
            for (size_t v = 0; v < COLUMN_VECTORS; v++) {
                if (v * LANES < width) vectors[v] += load(row + v * LANES, width - v * LANES);
            }
        }
        store_sums(width, vectors, accumulate, sums + j);
    }
}

#endif
