// Packing for kernels that multiply bf16 in pairs of the depth. A block of A has its rows one
// after another; a panel of B has, for each pair of steps of the depth, its columns' pairs side by
// side. The including file sets COLUMNS and DEPTH_UNIT, an even number.

#include <immintrin.h>
#include <string.h>

#include "gemm_finish.h"
#include "gemm_kernels.h"
#include "transpose.h"

enum { DEPTH_BLOCK = 768, STRIP_ROWS = 16 };

_Static_assert(STRIP_ROWS * DEPTH_BLOCK * sizeof(bert_bf16) <= BERT_GEMM_STRIP, "strip too short");

static size_t whole_depth(size_t depth) {
    return (depth + DEPTH_UNIT - 1) / DEPTH_UNIT * DEPTH_UNIT;
}

/// Copies up to sixteen pairs; the common number is a constant, and so needs no call.
INLINE void copy_pairs(void *target, const void *source, size_t count) {
    if (count == LANES) {
        memcpy(target, source, LANES * sizeof(uint32_t));
    } else {
        memcpy(target, source, count * sizeof(uint32_t));
    }
}

/// `count` (at most 16) elements as the low halves of 32-bit lanes.
INLINE u32x16 read_bits(const bert_block *block, size_t index, size_t count) {
    if (block->storage == BERT_BF16) {
        u16x16 bits = {};
        const bert_bf16 *x = (const bert_bf16 *)block->elements + index;
        if (count == LANES) {
            memcpy(&bits, x, sizeof bits);
        } else {
            memcpy(&bits, x, count * sizeof *x);
        }
        return __builtin_convertvector(bits, u32x16);
    }
    return __builtin_convertvector(to_bf16(load((const float *)block->elements + index, count)),
                                   u32x16);
}

/// Sixteen columns' pairs of steps `step` and `step + 1`, from a block whose columns lie together.
INLINE u32x16 read_pairs(const bert_block *block, size_t step, size_t column) {
    if (step >= block->depth || column >= block->count) return (u32x16){};
    const size_t width = smaller(LANES, block->count - column);
    u32x16 pairs = read_bits(block, step * block->stride + column, width);
    if (step + 1 < block->depth) {
        pairs |= read_bits(block, (step + 1) * block->stride + column, width) << 16;
    }
    return pairs;
}

/// A row of a block whose depth lies together, as bf16 with zeros up to `depth`.
static void read_row(const bert_block *block, size_t row, size_t depth, bert_bf16 *target) {
    const size_t start = row * block->stride;
    if (block->storage == BERT_BF16) {
        memcpy(target, (const bert_bf16 *)block->elements + start, block->depth * sizeof *target);
    } else {
        const float *x = (const float *)block->elements + start;
        FOR_VECTORS(i, w, block->depth) store(target + i, load(x + i, w), w);
    }
    memset(target + block->depth, 0, (depth - block->depth) * sizeof *target);
}

static bert_packed_rows pack_rows(bert_block block, void *packed, void *strip) {
    (void)strip;
    const size_t depth = whole_depth(block.depth);
    bert_bf16 *rows = packed;
    if (block.depth_contiguous && block.storage == BERT_BF16 && depth == block.depth) {
        return (bert_packed_rows){block.elements, block.stride};
    }
    if (block.depth_contiguous) {
        for (size_t i = 0; i < block.count; i++) read_row(&block, i, depth, rows + i * depth);
        return (bert_packed_rows){rows, depth};
    }
    for (size_t i = 0; i < block.count; i += LANES) {
        for (size_t k = 0; k < depth; k += 2 * LANES) {
            __m512 r[LANES];
            for (size_t pair = 0; pair < LANES; pair++) {
                r[pair] = (__m512)read_pairs(&block, k + 2 * pair, i);
            }
            transpose(r);
            const size_t width = smaller(LANES, (depth - k) / 2);
            for (size_t row = 0; row < smaller(LANES, block.count - i); row++) {
                copy_pairs(rows + (i + row) * depth + k, &r[row], width);
            }
        }
    }
    return (bert_packed_rows){rows, depth};
}

/// Sixteen columns of a panel from rows of the depth of which each is one column.
static void pack_rows_as_columns(const bert_block *block, size_t column, size_t depth,
                                 bert_bf16 *strip, uint32_t *panel) {
    const size_t count = block->count > column ? smaller(LANES, block->count - column) : 0;
    for (size_t i = 0; i < count; i++) read_row(block, column + i, depth, strip + i * depth);
    memset(strip + count * depth, 0, (LANES - count) * depth * sizeof *strip);
    for (size_t k = 0; k < depth; k += 2 * LANES) {
        const size_t width = smaller(LANES, (depth - k) / 2);
        __m512 r[LANES];
        for (size_t i = 0; i < LANES; i++) {
            r[i] = _mm512_setzero_ps();
            copy_pairs(&r[i], strip + i * depth + k, width);
        }
        transpose(r);
        for (size_t pair = 0; pair < width; pair++) {
            memcpy(panel + (k / 2 + pair) * COLUMNS, &r[pair], sizeof r[pair]);
        }
    }
}

static void pack_columns(bert_block block, void *packed, void *strip) {
    const size_t depth = whole_depth(block.depth);
    for (size_t start = 0; start < block.count; start += COLUMNS) {
        uint32_t *panel = (uint32_t *)packed + start * depth / 2;
        for (size_t part = 0; part < COLUMNS; part += LANES) {
            if (block.depth_contiguous) {
                pack_rows_as_columns(&block, start + part, depth, strip, panel + part);
                continue;
            }
            for (size_t k = 0; k < depth; k += 2) {
                u32x16 pairs = read_pairs(&block, k, start + part);
                memcpy(panel + k / 2 * COLUMNS + part, &pairs, sizeof pairs);
            }
        }
    }
}

#define PAIR_KERNELS(rows, first, last)                                                       \
    {                                                                                         \
        .row_panel = rows, .column_panel = COLUMNS, .depth_block = DEPTH_BLOCK,               \
        .depth_unit = DEPTH_UNIT, .element_bytes = sizeof(bert_bf16), .begin = first,         \
        .end = last, .tile = tile, .pack_rows = pack_rows, .pack_columns = pack_columns,      \
        .finish = finish,                                                                     \
    }
