// The body of every `bert_row_kernels` table; each file that includes it sets the instruction set,
// the storage of activations (`element`) and the table's name (ROW_KERNELS).

#include <math.h>

#include "dropout.h"
#include "row_kernels.h"
#include "vectors.h"

// MARK: - Activations

INLINE f32x16 gelu(bert_gelu_kind kind, f32x16 x) {
    if (kind == BERT_GELU_ERF) return x * 0.5f * (1.0f + error_function(x * 0.70710678118654752f));
    f32x16 inner = 0.79788456080286536f * (x + 0.044715f * x * x * x);
    return x * 0.5f * (1.0f + hyperbolic_tangent(inner));
}

INLINE f32x16 gelu_slope(bert_gelu_kind kind, f32x16 x) {
    if (kind == BERT_GELU_ERF) {
        f32x16 density = exponential(x * x * -0.5f) * 0.39894228040143268f;
        return 0.5f * (1.0f + error_function(x * 0.70710678118654752f)) + x * density;
    }
    // (1 + tanh z) / 2 is the logistic function of 2z, whose slope needs no difference of nearly
    // equal numbers, which x^3 would blow up. Beyond 8 the slope has settled at 0 and 1.
    x = smaller_of(larger_of(x, fill(-8.0f)), fill(8.0f));
    f32x16 e = exponential(-1.59576912160573072f * (x + 0.044715f * x * x * x));
    f32x16 logistic = 1.0f / (1.0f + e);
    f32x16 inner_slope = 1.59576912160573072f * (1.0f + 0.134145f * x * x);
    return logistic + x * (logistic * (e * logistic)) * inner_slope;
}

static void gelu_forward(bert_gelu_kind kind, size_t count, const void *input, void *output) {
    const element *x = input;
    element *y = output;
    if (kind == BERT_GELU_ERF) {
        FOR_VECTORS(i, w, count) store(y + i, gelu(BERT_GELU_ERF, load(x + i, w)), w);
    } else {
        FOR_VECTORS(i, w, count) store(y + i, gelu(BERT_GELU_TANH, load(x + i, w)), w);
    }
}

static void gelu_backward(bert_gelu_kind kind, size_t count, const void *input,
                          const void *output_gradient, void *input_gradient) {
    const element *x = input, *dy = output_gradient;
    element *dx = input_gradient;
    if (kind == BERT_GELU_ERF) {
        FOR_VECTORS(i, w, count) {
            store(dx + i, load(dy + i, w) * gelu_slope(BERT_GELU_ERF, load(x + i, w)), w);
        }
    } else {
        FOR_VECTORS(i, w, count) {
            store(dx + i, load(dy + i, w) * gelu_slope(BERT_GELU_TANH, load(x + i, w)), w);
        }
    }
}

static void tanh_forward(size_t count, const void *input, void *output) {
    const element *x = input;
    element *y = output;
    FOR_VECTORS(i, w, count) store(y + i, hyperbolic_tangent(load(x + i, w)), w);
}

static void tanh_backward(size_t count, const void *output, const void *output_gradient,
                          void *input_gradient) {
    const element *y = output, *dy = output_gradient;
    element *dx = input_gradient;
    FOR_VECTORS(i, w, count) {
        f32x16 t = load(y + i, w);
        store(dx + i, load(dy + i, w) * (1.0f - t * t), w);
    }
}

static void round_elements(size_t count, const float *x, void *output) {
    element *y = output;
    FOR_VECTORS(i, w, count) store(y + i, load(x + i, w), w);
}

INLINE void add(size_t count, const element *x, element *y) {
    FOR_VECTORS(i, w, count) store(y + i, load(y + i, w) + load(x + i, w), w);
}

// MARK: - Dropout and layer normalization

/// y = residual + dropout(x) of one row; without a residual, dropout(x) alone.
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

/// Sums over rows walk down blocks of columns: wide enough for whole cache lines in a row, narrow
/// enough for the sums to stay in registers.
enum { COLUMN_VECTORS = 4, COLUMN_BLOCK = COLUMN_VECTORS * LANES };

/// Adds `vectors` sums to what `sums` holds, or overwrites it.
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

// MARK: - Softmax and cross-entropy

INLINE float row_largest(size_t columns, const float *x) {
    f32x16 largest = fill(-INFINITY);
    FOR_VECTORS(i, w, columns) {
        largest = larger_of(keep_first(load(x + i, w), w, -INFINITY), largest);
    }
    return largest_of(largest);
}

/// Dropout of a row of probabilities, scaled by `inverse`, which turn into elements in place.
INLINE void finish_probabilities(size_t columns, const float *exponentials, float inverse,
                                 const bert_dropout *dropout, bert_random_row random,
                                 element *probabilities) {
    const size_t groups = dropout_groups(columns);
    for (size_t group = 0; group < groups; group++) {
        random_group numbers = {};
        if (dropout->threshold != 0) numbers = row_group(dropout, random, group, groups);
#pragma clang loop unroll(full)
        for (size_t part = 0; part < DROPOUT_GROUP / LANES; part++) {
            const size_t i = group * DROPOUT_GROUP + part * LANES;
            if (i < columns) {
                const size_t w = smaller(LANES, columns - i);
                f32x16 p = load(exponentials + i, w) * inverse;
                if (dropout->threshold != 0) p = dropped(p, dropout, &numbers, part);
                store(probabilities + i, p, w);
            }
        }
    }
}

static void attention_softmax(size_t rows, size_t columns, size_t stride, float scale, float *s,
                              float *log_sum, const bert_dropout *dropout,
                              bert_random_row random) {
    for (size_t r = 0; r < rows; r++, random.position++) {
        float *row = s + r * stride;
        const float largest = scale * row_largest(columns, row);
        f32x16 sum = {};
        FOR_VECTORS(i, w, columns) {
            f32x16 e = exponential(load(row + i, w) * scale - largest);
            sum += keep_first(e, w, 0);
            store(row + i, e, w);
        }
        const float total = sum_of(sum);
        log_sum[r] = largest + logf(total);
        finish_probabilities(columns, row, 1.0f / total, dropout, random, (element *)row);
    }
}

/// Turns a row of scores into probabilities, negative where dropout lets them fall, and a row of
/// gradients to dropped probabilities into gradients to probabilities; returns the sum of the
/// products of both. It is taken from the very numbers that it is subtracted from, since the
/// differences are small: the sum over the output, which equals it but for rounding, would leave
/// the rounding of a 16-bit output in them.
INLINE float attention_slopes(size_t columns, float scale, float log_sum,
                              const bert_dropout *dropout, bert_random_row random, float *s,
                              float *dp) {
    const size_t groups = dropout_groups(columns);
    f32x16 sum = {};
    for (size_t group = 0; group < groups; group++) {
        random_group numbers = {};
        if (dropout->threshold != 0) numbers = row_group(dropout, random, group, groups);
#pragma clang loop unroll(full)
        for (size_t part = 0; part < DROPOUT_GROUP / LANES; part++) {
            const size_t i = group * DROPOUT_GROUP + part * LANES;
            if (i < columns) {
                const size_t w = smaller(LANES, columns - i);
                f32x16 p = exponential(load(s + i, w) * scale - log_sum), slope = load(dp + i, w);
                if (dropout->threshold != 0) {
                    f32x16 kept = dropped(fill(1.0f), dropout, &numbers, part);
                    slope *= kept;
                    store(s + i, choose(kept != 0, p, -p), w);
                    store(dp + i, slope, w);
                } else {
                    store(s + i, p, w);
                }
                sum += keep_first(p * slope, w, 0);
            }
        }
    }
    return sum_of(sum);
}

static void attention_softmax_backward(size_t rows, size_t columns, size_t stride, float scale,
                                       float *s, const float *log_sum, float *dp,
                                       const bert_dropout *dropout, bert_random_row random) {
    const float kept = dropout->threshold != 0 ? dropout->scale : 1.0f;
    for (size_t r = 0; r < rows; r++, random.position++) {
        float *s_row = s + r * stride, *dp_row = dp + r * stride;
        element *probabilities = (element *)s_row, *slopes = (element *)dp_row;
        const float dot =
            attention_slopes(columns, scale, log_sum[r], dropout, random, s_row, dp_row);
        FOR_VECTORS(i, w, columns) {
            f32x16 signed_p = load(s_row + i, w);
            f32x16 p = choose(signed_p < 0, -signed_p, signed_p);
            f32x16 slope = p * (load(dp_row + i, w) - dot) * scale;
            store(probabilities + i, choose(signed_p < 0, (f32x16){}, p * kept), w);
            store(slopes + i, slope, w);
        }
    }
}

static void cross_entropy(size_t rows, size_t columns, float *logits, const int32_t *labels,
                          bool gradient, float scale, float *loss, uint8_t *correct) {
    for (size_t r = 0; r < rows; r++) {
        float *row = logits + r * columns;
        const float largest = row_largest(columns, row), target = row[labels[r]];
        bool first = target == largest;
        for (size_t i = 0; first && i < (size_t)labels[r]; i++) first = row[i] != largest;
        correct[r] = first;
        f32x16 sum = {};
        FOR_VECTORS(i, w, columns) {
            const f32x16 e = exponential(load(row + i, w) - largest);
            sum += keep_first(e, w, 0);
            if (gradient) store(row + i, e, w);
        }
        const float total = sum_of(sum);
        loss[r] = largest + logf(total) - target;
        if (gradient) {
            const float factor = scale / total;
            element *slopes = (element *)row;
            FOR_VECTORS(i, w, columns) store(slopes + i, load(row + i, w) * factor, w);
            store(slopes + labels[r], exponential(fill(target - largest)) * factor - scale, 1);
        }
    }
}

// MARK: - Embeddings

static void embedding_sum(size_t rows, size_t columns, const int32_t *ids, const int32_t *segments,
                          const int32_t *positions, const float *token, const float *segment,
                          const float *position, void *output) {
    for (size_t r = 0; r < rows; r++) {
        const float *t = token + (size_t)ids[r] * columns;
        const float *s = segment + (size_t)segments[r] * columns;
        const float *p = position + (size_t)positions[r] * columns;
        element *row = (element *)output + r * columns;
        FOR_VECTORS(i, w, columns) {
            store(row + i, load(t + i, w) + load(s + i, w) + load(p + i, w), w);
        }
    }
}

static void scatter_add(size_t rows, size_t columns, size_t first, size_t last, const int32_t *ids,
                        const void *input, float *table) {
    for (size_t r = 0; r < rows; r++) {
        const element *x = (const element *)input + r * columns + first;
        float *row = table + (size_t)ids[r] * columns + first;
        FOR_VECTORS(i, w, last - first) store(row + i, load(row + i, w) + load(x + i, w), w);
    }
}

static void scatter_add_rows(size_t rows, size_t columns, size_t first, size_t last,
                             const int32_t *ids, const void *input, void *output) {
    for (size_t r = 0; r < rows; r++) {
        add(last - first, (const element *)input + r * columns + first,
            (element *)output + (size_t)ids[r] * columns + first);
    }
}

const bert_row_kernels ROW_KERNELS = {
    gelu_forward,
    gelu_backward,
    tanh_forward,
    tanh_backward,
    round_elements,
    dropout_rows,
    layer_norm_forward,
    layer_norm_backward,
    layer_norm_parameters,
    column_sums,
    attention_softmax,
    attention_softmax_backward,
    cross_entropy,
    embedding_sum,
    scatter_add,
    scatter_add_rows,
};
