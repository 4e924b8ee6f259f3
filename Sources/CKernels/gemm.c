// The blocked product of Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008): blocks of A and panels of B stay in the first two levels of cache.

#include "gemm.h"

#include <string.h>

#include "gemm_kernels.h"

enum {
    DEPTH_BLOCK = 384,             // a panel of B has 24 KiB (AVX2) or 48 (AVX-512)
    DEPTH_LIMIT = 8 * DEPTH_BLOCK,  // how much of the depth a pass over C covers
    ROW_BLOCK = 168,               // 252 KiB of A; a multiple of every row panel (14, 6, 4)
    COLUMN_UNIT = 32,              // a multiple of every kernel's column panel (32, 16, 8)
    PACKED_A = DEPTH_BLOCK * ROW_BLOCK,
    PACKED_B = DEPTH_LIMIT * 256,
};

static size_t smaller(size_t x, size_t y) { return x < y ? x : y; }

size_t bert_gemm_f32_scratch(void) { return PACKED_A + PACKED_B; }

static const bert_gemm_kernels *kernels_for(bert_instruction_set set) {
#if defined(__x86_64__)
    if (set == BERT_AVX512) return &bert_gemm_avx512;
    if (set == BERT_AVX2) return &bert_gemm_avx2;
#endif
    (void)set;
    return &bert_gemm_portable;
}

/// Copies panels whose elements lie side by side in `source`, one row a step of the depth.
static void pack_contiguous(size_t count, size_t depth, const float *source, size_t stride,
                            float *panel, size_t width) {
    for (size_t step = 0; step < depth; step++) {
        memcpy(panel, source, count * sizeof(float));
        if (count < width) memset(panel + count, 0, (width - count) * sizeof(float));
        panel += width;
        source += stride;
    }
}

/// Packs `count` rows (or columns) of an operand into panels of `width`.
static void pack(const bert_gemm_kernels *kernels, bool depth_contiguous, size_t count,
                 size_t depth, const float *source, size_t stride, float *packed, size_t width) {
    for (size_t start = 0; start < count; start += width) {
        size_t part = smaller(width, count - start);
        float *panel = packed + start * depth;
        if (depth_contiguous) {
            kernels->pack_transposed(part, depth, source + start * stride, stride, panel, width);
        } else {
            pack_contiguous(part, depth, source + start, stride, panel, width);
        }
    }
}

static const float *operand(const float *base, size_t stride, bool depth_contiguous, size_t index,
                            size_t depth) {
    return depth_contiguous ? base + index * stride + depth : base + depth * stride + index;
}

/// All tiles of one packed block of A against one packed block of B.
static void multiply_blocks(const bert_gemm_kernels *kernels, size_t rows, size_t columns,
                            size_t depth, const float *a, const float *b, float *c,
                            size_t c_stride, bert_tile_end end) {
    for (size_t j = 0; j < columns; j += kernels->column_panel) {
        size_t tile_columns = smaller(kernels->column_panel, columns - j);
        bert_tile_end tile_end = {end.add_to_c, end.bias ? end.bias + j : NULL};
        for (size_t i = 0; i < rows; i += kernels->row_panel) {
            kernels->tile(smaller(kernels->row_panel, rows - i), tile_columns, depth,
                          a + i * depth, b + j * depth, c + i * c_stride + j, c_stride, tile_end);
        }
    }
}

/// The sum of no terms: zero or what is there, plus the bias.
static void finish_empty_depth(const bert_gemm_f32_task *t) {
    for (size_t i = 0; i < t->rows; i++) {
        float *c = t->c + i * t->c_stride;
        for (size_t j = 0; j < t->columns; j++) {
            c[j] = (t->accumulate ? c[j] : 0) + (t->bias ? t->bias[j] : 0);
        }
    }
}

/// Packs `columns` columns of B from (j, k) on, one block of the depth after another.
static void pack_b(const bert_gemm_kernels *kernels, const bert_gemm_f32_task *t, size_t j,
                   size_t columns, size_t k, size_t depth, float *packed) {
    const size_t padded = (columns + COLUMN_UNIT - 1) / COLUMN_UNIT * COLUMN_UNIT;
    for (size_t start = 0; start < depth; start += DEPTH_BLOCK) {
        pack(kernels, t->b_transposed, columns, smaller(DEPTH_BLOCK, depth - start),
             operand(t->b, t->b_stride, t->b_transposed, j, k + start), t->b_stride,
             packed + start * padded, kernels->column_panel);
    }
}

/// A block of rows of C, from (i, j) on, against the packed columns of B: C stays in the cache
/// until the whole of the packed depth is added.
static void multiply_rows(const bert_gemm_kernels *kernels, const bert_gemm_f32_task *t, size_t i,
                          size_t j, size_t columns, size_t k, size_t depth, float *packed_a,
                          const float *packed_b) {
    const size_t rows = smaller(ROW_BLOCK, t->rows - i);
    const size_t padded = (columns + COLUMN_UNIT - 1) / COLUMN_UNIT * COLUMN_UNIT;
    for (size_t start = 0; start < depth; start += DEPTH_BLOCK) {
        size_t part = smaller(DEPTH_BLOCK, depth - start);
        bool last = k + start + part == t->depth;
        bert_tile_end end = {t->accumulate || k + start > 0, last && t->bias ? t->bias + j : NULL};
        pack(kernels, !t->a_transposed, rows, part,
             operand(t->a, t->a_stride, !t->a_transposed, i, k + start), t->a_stride, packed_a,
             kernels->row_panel);
        multiply_blocks(kernels, rows, columns, part, packed_a, packed_b + start * padded,
                        t->c + i * t->c_stride + j, t->c_stride, end);
    }
}

void bert_gemm_f32(bert_instruction_set set, const bert_gemm_f32_task *t, float *scratch) {
    const bert_gemm_kernels *kernels = kernels_for(set);
    float *packed_a = scratch, *packed_b = scratch + PACKED_A;
    if (t->depth == 0) finish_empty_depth(t);
    for (size_t k = 0; k < t->depth; k += DEPTH_LIMIT) {
        const size_t depth = smaller(DEPTH_LIMIT, t->depth - k);
        const size_t column_block = PACKED_B / depth / COLUMN_UNIT * COLUMN_UNIT;
        for (size_t j = 0; j < t->columns; j += column_block) {
            const size_t columns = smaller(column_block, t->columns - j);
            pack_b(kernels, t, j, columns, k, depth, packed_b);
            for (size_t i = 0; i < t->rows; i += ROW_BLOCK) {
                multiply_rows(kernels, t, i, j, columns, k, depth, packed_a, packed_b);
            }
        }
    }
}
