// Dropout from Philox4x32-10, sixteen blocks at a time; see `bert_dropout` for the addressing.

#ifndef BERT_DROPOUT_H
#define BERT_DROPOUT_H

#include "row_kernels.h"
#include "vectors.h"

enum { DROPOUT_GROUP = 128 };

typedef struct {
    u32x16 words[4];
} random_group;

INLINE void philox_multiply(u32x16 x, uint32_t multiplier, u32x16 *high, u32x16 *low) {
    u64x16 product = __builtin_convertvector(x, u64x16) * (uint64_t)multiplier;
    *low = __builtin_convertvector(product, u32x16);
    *high = __builtin_convertvector(product >> 32, u32x16);
}

/// Blocks `first` to `first` + 15 of the address.
INLINE random_group random_numbers(const bert_dropout *dropout, bert_random_row row,
                                   uint32_t first) {
    const u32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    u32x16 x0 = lane + first, x1 = (u32x16){} + (row.high[0] | dropout->purpose);
    u32x16 x2 = (u32x16){} + row.high[1], x3 = (u32x16){} + row.high[2];
    uint32_t key0 = dropout->key[0], key1 = dropout->key[1];
    for (int round = 0; round < 10; round++) {
        u32x16 high0, low0, high1, low1;
        philox_multiply(x0, 0xD2511F53u, &high0, &low0);
        philox_multiply(x2, 0xCD9E8D57u, &high1, &low1);
        x0 = high1 ^ x1 ^ key0;
        x1 = low1;
        x2 = high0 ^ x3 ^ key1;
        x3 = low0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return (random_group){{x0, x1, x2, x3}};
}

/// Generates the random numbers of group `group` of a row that has `groups` of them. Callers keep
/// (position + 1) * groups within 2^28.
INLINE random_group row_group(const bert_dropout *dropout, bert_random_row row, size_t group,
                              size_t groups) {
    return random_numbers(dropout, row, (uint32_t)((row.position * groups + group) * LANES));
}

/// Applies dropout to sixteen elements, number `part` (0-7) of a group.
INLINE f32x16 dropped(f32x16 x, const bert_dropout *dropout, const random_group *numbers,
                      size_t part) {
    u32x16 word = numbers->words[part & 3];
    u32x16 half = part < 4 ? word & 0xffffu : word >> 16;
    i32x16 keep = half >= (u32x16){} + dropout->threshold;
    return choose(keep, x * dropout->scale, (f32x16){});
}

INLINE size_t dropout_groups(size_t columns) {
    return (columns + DROPOUT_GROUP - 1) / DROPOUT_GROUP;
}

#endif
