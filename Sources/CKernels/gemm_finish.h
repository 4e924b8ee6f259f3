// How sums of a product become elements of C; the including file sets the instructions.

#include "vectors.h"

#define FINISH(type)                                                  \
    for (size_t i = 0; i < count; i += LANES) {                       \
        const size_t w = smaller(LANES, count - i);                   \
        type *y = (type *)target + i;                                 \
        f32x16 sum = load(sums + i, w);                               \
        store(y, accumulate ? load((const type *)y, w) + sum : sum, w); \
    }

static void finish(size_t count, const float *sums, bool accumulate, bert_precision storage,
                   void *target) {
    if (storage == BERT_BF16) {
        FINISH(bert_bf16)
    } else if (storage == BERT_FP16) {
        FINISH(_Float16)
    } else {
        FINISH(float)
    }
}
