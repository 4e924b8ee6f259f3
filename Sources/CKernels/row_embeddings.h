// Rows gathered from tables, and added to them. A part of row_kernels_body.h.

#ifndef BERT_ROW_EMBEDDINGS_H
#define BERT_ROW_EMBEDDINGS_H

#include "row_elements.h"

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

#endif
