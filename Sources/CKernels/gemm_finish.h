// Conversion of a product's sums to elements of C; the including file sets the instructions.

#include "vectors.h"

enum { WHOLE_WIDTH = 32 };  // a constant number of columns leaves no remainder

#define FINISH_ROWS(type, width)                                                              \
    for (size_t row = 0; row < rows; row++) {                                                 \
        type *target = (type *)c + row * c_stride;                                            \
        FOR_VECTORS(i, w, width) {                                                            \
            f32x16 sum = load(sums + row * stride + i, w);                                    \
            store(target + i, accumulate ? load((const type *)target + i, w) + sum : sum, w); \
        }                                                                                     \
    }

#define FINISH(type)                       \
    if (columns == WHOLE_WIDTH) {          \
        FINISH_ROWS(type, WHOLE_WIDTH)     \
    } else {                               \
        FINISH_ROWS(type, columns)         \
    }

static void finish(size_t rows, size_t columns, const float *sums, size_t stride, bool accumulate,
                   bert_precision storage, void *c, size_t c_stride) {
    if (storage == BERT_BF16) {
        FINISH(bert_bf16)
    } else if (storage == BERT_FP16) {
        FINISH(_Float16)
    } else {
        FINISH(float)
    }
}
