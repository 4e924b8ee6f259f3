// Body of every `bert_update_kernels` table. Each including file sets the instruction set.

#include "update_kernels.h"
#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

INLINE f32x16 adam_update(const bert_adam_step *s, f32x16 g, float *first, float *second,
                          f32x16 p, size_t w) {
    g *= s->gradient_scale;
    f32x16 m = s->beta1 * load(first, w) + s->first_weight * g;
    f32x16 v = s->beta2 * load(second, w) + s->second_weight * (g * g);
    store(first, m, w);
    store(second, v, w);
    f32x16 denominator = __builtin_elementwise_sqrt(v * s->second_correction) + s->epsilon;
    return m * s->first_correction / denominator + s->weight_decay * p;
}

static void adamw(size_t count, const bert_adam_step *step, const float *gradient, float *first,
                  float *second, float *parameter) {
    FOR_VECTORS(i, w, count) {
        f32x16 p = load(parameter + i, w);
        f32x16 update = adam_update(step, load(gradient + i, w), first + i, second + i, p, w);
        store(parameter + i, p - step->learning_rate * update, w);
    }
}

static void lamb_update(size_t count, const bert_adam_step *step, const float *gradient,
                        float *first, float *second, const float *parameter, float *update) {
    FOR_VECTORS(i, w, count) {
        f32x16 g = load(gradient + i, w), p = load(parameter + i, w);
        store(update + i, adam_update(step, g, first + i, second + i, p, w), w);
    }
}

static void subtract_scaled(size_t count, float rate, const float *update, float *parameter) {
    FOR_VECTORS(i, w, count) {
        store(parameter + i, load(parameter + i, w) - rate * load(update + i, w), w);
    }
}

static double sum_of_squares(size_t count, const float *x) {
    enum { LANES = 8 };
    double sums[LANES] = {0};
    size_t whole = count / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            double value = x[i + lane];
            sums[lane] += value * value;
        }
    }
    for (size_t i = whole; i < count; i++) sums[i - whole] += (double)x[i] * x[i];
    double sum = 0;
    for (size_t lane = 0; lane < LANES; lane++) sum += sums[lane];
    return sum;
}

const bert_update_kernels UPDATE_KERNELS = {
    adamw,
    lamb_update,
    subtract_scaled,
    sum_of_squares,
};
