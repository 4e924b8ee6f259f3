#ifndef BERT_UPDATE_KERNELS_H
#define BERT_UPDATE_KERNELS_H

#include <stddef.h>

#include "instruction_set.h"

/// One step of Adam's moments over a range of parameters that share a weight decay.
typedef struct {
    float beta1, beta2, epsilon;
    float first_weight, second_weight;  // 1 - beta1 and 1 - beta2, from double precision
    float weight_decay;        // 0 for biases and layer normalization
    float gradient_scale;      // clipping (and unscaling), applied to the gradient first
    float first_correction;    // 1 / (1 - beta1^t), or 1 without bias correction
    float second_correction;   // 1 / (1 - beta2^t), or 1 without bias correction
    float learning_rate;
} bert_adam_step;

/// Kernels over flat parameter ranges, each on the calling thread. They are compiled without fused
/// multiply-adds, so that every processor gives the same bits and replicas on different kinds of
/// nodes stay identical.
typedef struct {
    /// Moments and parameters after an AdamW step:
    /// p -= lr * (m / (sqrt(v) + epsilon) + decay * p), moments corrected as `step` says.
    void (*adamw)(size_t count, const bert_adam_step *step, const float *gradient, float *first,
                  float *second, float *parameter);
    /// Moments after a LAMB step; `update` becomes m / (sqrt(v) + epsilon) + decay * p, and may
    /// be `gradient`.
    void (*lamb_update)(size_t count, const bert_adam_step *step, const float *gradient,
                        float *first, float *second, const float *parameter, float *update);
    /// parameter -= rate * update.
    void (*subtract_scaled)(size_t count, float rate, const float *update, float *parameter);
    /// Sum of squares, in double precision, over eight lanes added in a fixed order.
    double (*sum_of_squares)(size_t count, const float *x);
} bert_update_kernels;

/// Returns the kernels compiled for `set`, which the processor must support.
const bert_update_kernels *bert_update_kernels_for(bert_instruction_set set);

#endif
