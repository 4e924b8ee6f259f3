#ifndef BERT_ROW_KERNELS_H
#define BERT_ROW_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instruction_set.h"
#include "precision.h"

/// Formula of the Gaussian error linear unit: x * Phi(x), or its approximation with tanh.
typedef enum { BERT_GELU_ERF = 0, BERT_GELU_TANH = 1 } bert_gelu_kind;

/// Address of a row's random numbers: Philox counter words 1-3, and the row's position in its
/// sample.
typedef struct {
    uint32_t high[3];
    uint32_t position;
} bert_random_row;

/// Dropout of rows. Element j of a row at position p uses, in the group of 128 elements j / 128,
/// half (j % 128) / 64 of word (j / 16) % 4 of block 16 * (p * groups + j / 128) + j % 16, where
/// `groups` is the number of groups per row. If that half, a 16-bit number, is below `threshold`,
/// the element is dropped; otherwise it is multiplied by `scale`.
typedef struct {
    uint32_t key[2];
    uint32_t purpose;    // ORed with the first of a row's `high` words
    uint32_t threshold;  // 0: nothing is dropped or scaled
    float scale;
} bert_dropout;

/// Kernels over rows of activations, each on the calling thread. `void *` stands for elements of
/// the table's storage; parameters, statistics, scores and logits are floats. All sums run over
/// sixteen float lanes that are added in a fixed order, so AVX2 and AVX-512 give the same bits. dx
/// is the gradient of x.
typedef struct {
    /// y = gelu(x), elementwise; y may be x.
    void (*gelu_forward)(bert_gelu_kind kind, size_t count, const void *x, void *y);
    /// dx = dy * gelu'(x), elementwise; dx may be dy.
    void (*gelu_backward)(bert_gelu_kind kind, size_t count, const void *x, const void *dy,
                          void *dx);
    /// y = tanh(x), elementwise; y may be x.
    void (*tanh_forward)(size_t count, const void *x, void *y);
    /// dx = dy * (1 - y * y) of y = tanh(x), elementwise; dx may be dy.
    void (*tanh_backward)(size_t count, const void *y, const void *dy, void *dx);

    /// y = x, rounded to elements.
    void (*round)(size_t count, const float *x, void *y);

    /// Each row of `y` = dropout of that row of `x`; `y` may be `x`.
    void (*dropout)(size_t rows, size_t columns, const void *x, const bert_dropout *dropout,
                    const bert_random_row *random, void *y);
    /// Layer normalization of each row, (x - mean) * rstd * gamma + beta. If `residual` is not
    /// NULL, x is first replaced by residual + dropout(x). y may be x.
    void (*layer_norm_forward)(size_t rows, size_t columns, void *x, const void *residual,
                               const bert_dropout *dropout, const bert_random_row *random,
                               const float *gamma, const float *beta, float epsilon, void *y,
                               float *mean, float *rstd);
    /// Gradient of the input of layer normalization; `dx` may be `dy`.
    void (*layer_norm_backward)(size_t rows, size_t columns, const void *x, const float *mean,
                                const float *rstd, const float *gamma, const void *dy, void *dx);
    /// Columns `first ..< last` of the gradients of gamma and beta, summed over all rows in order.
    void (*layer_norm_parameters)(size_t rows, size_t columns, size_t first, size_t last,
                                  const void *x, const float *mean, const float *rstd,
                                  const void *dy, bool accumulate, float *dgamma, float *dbeta);
    /// Columns `first ..< last` of the sum of all rows, in order.
    void (*column_sums)(size_t rows, size_t stride, size_t first, size_t last, const void *x,
                        bool accumulate, float *sums);

    /// Turns rows of attention scores into probabilities: softmax(scale * s), then dropout.
    /// `random` holds one row address, of which row r uses position + r. `log_sum` receives the
    /// logarithm of each row's sum of exponentials. Each row of probabilities, in elements of the
    /// table's storage, begins at the address of its row of scores.
    void (*attention_softmax)(size_t rows, size_t columns, size_t stride, float scale, float *s,
                              float *log_sum, const bert_dropout *dropout, bert_random_row random);
    /// Backward pass of attention, from raw scores `s`, `log_sum` and the gradient `dp` of the
    /// dropped probabilities: `s` becomes the dropped probabilities, and `dp` the gradient of the
    /// raw scores, both in elements, row by row in place.
    void (*attention_softmax_backward)(size_t rows, size_t columns, size_t stride, float scale,
                                       float *s, const float *log_sum, float *dp,
                                       const bert_dropout *dropout, bert_random_row random);

    /// Cross-entropy between each row of logits and its label, in nats, and whether the label is
    /// the first of the largest logits. If `gradient`, the logits become scale * gradient, in
    /// elements, each row at the address of its logits.
    void (*cross_entropy)(size_t rows, size_t columns, float *logits, const int32_t *labels,
                          bool gradient, float scale, float *loss, uint8_t *correct);

    /// Row r = token[ids[r]] + segment[segments[r]] + position[positions[r]].
    void (*embedding_sum)(size_t rows, size_t columns, const int32_t *ids, const int32_t *segments,
                          const int32_t *positions, const float *token, const float *segment,
                          const float *position, void *y);
    /// Columns `first ..< last` of: table[ids[r]] += x[r], rows in order.
    void (*scatter_add)(size_t rows, size_t columns, size_t first, size_t last, const int32_t *ids,
                        const void *x, float *table);
    /// The same with a table of elements.
    void (*scatter_add_rows)(size_t rows, size_t columns, size_t first, size_t last,
                             const int32_t *ids, const void *x, void *y);
} bert_row_kernels;

/// Returns the kernels of activations in `storage`, compiled for `set`, which the processor must
/// support.
const bert_row_kernels *bert_row_kernels_for(bert_instruction_set set, bert_precision storage);

#endif
