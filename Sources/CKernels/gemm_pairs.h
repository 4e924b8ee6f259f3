// Packing for kernels that multiply bf16 in pairs along the depth. A block of A stores its rows
// consecutively. A panel of B stores, for each pair of steps of the depth, its columns' pairs side
// by side. The including file defines COLUMNS and DEPTH_UNIT, an even number.

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

/// Copies up to sixteen pairs; the usual number is a constant, and so needs no call.
INLINE void copy_pairs(void *target, const void *source, size_t count) {
    if (count == LANES) {
        memcpy(target, source, LANES * sizeof(uint32_t));
    } else {
        memcpy(target, source, count * sizeof(uint32_t));
    }
}

/// Loads `count` (at most 16) elements as the low halves of 32-bit lanes.
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

/// Loads sixteen columns' pairs of steps `step` and `step + 1` from a block with contiguous
/// columns.
INLINE u32x16 read_pairs(const bert_block *block, size_t step, size_t column) {
    if (step >= block->depth || column >= block->count) return (u32x16){};
    const size_t width = smaller(LANES, block->count - column);
    u32x16 pairs = read_bits(block, step * block->stride + column, width);
    if (step + 1 < block->depth) {
        pairs |= read_bits(block, (step + 1) * block->stride + column, width) << 16;
    }
    return pairs;
}

/// Loads the same for 32 columns, a cache line of bf16, sixteen to each of `pairs`.
INLINE void read_wide_pairs(const bert_block *block, size_t step, size_t column, __m512 pairs[2]) {
    const bool whole = step + 1 < block->depth && column + 2 * LANES <= block->count;
    if (block->storage != BERT_BF16 || !whole) {
        pairs[0] = (__m512)read_pairs(block, step, column);
        pairs[1] = (__m512)read_pairs(block, step, column + LANES);
        return;
    }
    const bert_bf16 *x = (const bert_bf16 *)block->elements + step * block->stride + column;
    const __m512i even = _mm512_loadu_si512(x), odd = _mm512_loadu_si512(x + block->stride);
    // Unpacking works within 128-bit lanes: of each eight columns, four go to each result.
    const __m512i low = _mm512_unpacklo_epi16(even, odd), high = _mm512_unpackhi_epi16(even, odd);
    const __m512i first =
        _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(8));
    pairs[0] = (__m512)_mm512_permutex2var_epi32(low, first, high);
    pairs[1] = (__m512)_mm512_permutex2var_epi32(low, second, high);
}

/// Loads a row of a block with contiguous depth, as bf16 padded with zeros to `depth`.
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

/// Writes up to sixteen rows from `first` on, whose sixteen pairs of the depth from `k` on are in
/// `r`, pair by pair.
INLINE void write_transposed(__m512 r[LANES], const bert_block *block, size_t first, size_t depth,
                             size_t k, bert_bf16 *rows) {
    if (first >= block->count) return;
    transpose(r);
    const size_t width = smaller(LANES, (depth - k) / 2);
    for (size_t row = 0; row < smaller(LANES, block->count - first); row++) {
        copy_pairs(rows + (first + row) * depth + k, &r[row], width);
    }
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
    for (size_t i = 0; i < block.count; i += 2 * LANES) {
        for (size_t k = 0; k < depth; k += 2 * LANES) {
            __m512 r[2][LANES];
            for (size_t pair = 0; pair < LANES; pair++) {
                __m512 both[2];
                read_wide_pairs(&block, k + 2 * pair, i, both);
                r[0][pair] = both[0];
                r[1][pair] = both[1];
            }
            write_transposed(r[0], &block, i, depth, k, rows);
            write_transposed(r[1], &block, i + LANES, depth, k, rows);
        }
    }
    return (bert_packed_rows){rows, depth};
}

/// Packs sixteen columns of a panel from a block whose rows of the depth are its columns.
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
        if (block.depth_contiguous) {
            pack_rows_as_columns(&block, start, depth, strip, panel);
            pack_rows_as_columns(&block, start + LANES, depth, strip, panel + LANES);
            continue;
        }
        for (size_t k = 0; k < depth; k += 2) {
            __m512 pairs[2];
            read_wide_pairs(&block, k, start, pairs);
            memcpy(panel + k / 2 * COLUMNS, pairs, sizeof pairs);
        }
    }
}

_Static_assert(COLUMNS == 2 * LANES, "panels are packed in two halves");

#define PAIR_KERNELS(rows, first, last)                                                       \
    {                                                                                         \
        .row_panel = rows, .column_panel = COLUMNS, .depth_block = DEPTH_BLOCK,               \
        .depth_unit = DEPTH_UNIT, .element_bytes = sizeof(bert_bf16), .begin = first,         \
        .end = last, .tile = tile, .pack_rows = pack_rows, .pack_columns = pack_columns,      \
        .finish = finish,                                                                     \
    }
