// Activation functions, rounding and addition, element by element. A part of row_kernels_body.h.

#ifndef BERT_ROW_ELEMENTS_H
#define BERT_ROW_ELEMENTS_H

#include "row_kernels.h"
#include "vectors.h"

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
    // equal numbers, which x^3 would amplify. Beyond 8, the slope has settled at 0 and 1.
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

#endif
