// Softmax of attention, and cross-entropy. A part of row_kernels_body.h.

#ifndef BERT_ROW_SOFTMAX_H
#define BERT_ROW_SOFTMAX_H

#include <math.h>

#include "dropout.h"
#include "row_kernels.h"
#include "vectors.h"

INLINE float row_largest(size_t columns, const float *x) {
    f32x16 largest = fill(-INFINITY);
    FOR_VECTORS(i, w, columns) {
        largest = larger_of(keep_first(load(x + i, w), w, -INFINITY), largest);
    }
    return largest_of(largest);
}

/// Applies dropout to a row of probabilities, scaled by `inverse`, and converts them to elements in
/// place.
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

/// Turns a row of scores into probabilities, negative if dropout drops them, and a row of gradients
/// of dropped probabilities into gradients of probabilities. Returns the sum of the products of
/// both. The sum uses the very numbers from which it is subtracted, because the differences are
/// small: the sum over the output, which is equal except for rounding, would leave the rounding of
/// a 16-bit output in them.
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

#endif
