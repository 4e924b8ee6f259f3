// Blocked matrix product of Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008): blocks of A and panels of B stay in the first two levels of cache.

#include "gemm.h"

#include <string.h>

#include "gemm_kernels.h"

enum {
    ROW_BLOCK = 168,         // 252 KiB of A
    COLUMN_UNIT = 32,        // a multiple of every kernel's column panel (32, 16, 8)
    DEPTH_BLOCKS = 8,        // depth blocks that one pass over C covers
    BLOCK_BYTES = 384 * 4,   // per row of a block: no kernel's depth block is larger
    PACKED_A = ROW_BLOCK * BLOCK_BYTES,
    PACKED_B = DEPTH_BLOCKS * BLOCK_BYTES * 256,
    SUM_COLUMNS = 512,       // sums wait in the second level of cache until they can be rounded
    SUMS = ROW_BLOCK * SUM_COLUMNS * 4,
};

/// Task with the values that all its parts share.
typedef struct {
    const bert_gemm_task *task;
    const bert_gemm_kernels *kernels;
    const bert_row_kernels *rows;  // of the storage of C
    char *packed_a, *packed_b, *strip;
    float *sums;  // NULL if C itself holds them
} job;

static size_t smaller(size_t x, size_t y) { return x < y ? x : y; }

static size_t padded(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

size_t bert_gemm_scratch(void) { return PACKED_A + PACKED_B + BERT_GEMM_STRIP + SUMS; }

static const bert_gemm_kernels *kernels_for(bert_instruction_set set, bert_precision precision) {
#if defined(__x86_64__)
    if (precision == BERT_BF16 && set == BERT_AMX) return &bert_gemm_amx;
    if (precision == BERT_BF16 && set == BERT_AVX512_BF16) return &bert_gemm_avx512_bf16;
    if (set >= BERT_AVX512) return &bert_gemm_avx512;
    if (set == BERT_AVX2) return &bert_gemm_avx2;
#endif
    (void)set, (void)precision;
    return &bert_gemm_portable;
}

static size_t bytes_of(bert_precision storage) { return storage == BERT_FP32 ? 4 : 2; }

/// Returns `count` rows or columns of `factor` from `index` on, and the depth from `k` on.
static bert_block block_of(const bert_gemm_task *t, const bert_factor *factor,
                           bool depth_contiguous, size_t index, size_t count, size_t k,
                           size_t depth) {
    size_t start = depth_contiguous ? index * factor->stride + k : k * factor->stride + index;
    return (bert_block){
        .count = count,
        .depth = depth,
        .elements = (const char *)factor->elements + start * bytes_of(factor->storage),
        .storage = factor->storage,
        .precision = t->precision,
        .stride = factor->stride,
        .depth_contiguous = depth_contiguous,
    };
}

/// Packs `columns` columns of B from (j, k) on, one block of the depth after another.
static void pack_b(const job *job, size_t j, size_t columns, size_t k, size_t depth) {
    const bert_gemm_kernels *kernels = job->kernels;
    const bert_gemm_task *t = job->task;
    for (size_t start = 0; start < depth; start += kernels->depth_block) {
        size_t part = smaller(kernels->depth_block, depth - start);
        kernels->pack_columns(
            block_of(t, &t->b, t->b.transposed, j, columns, k + start, part),
            job->packed_b + start * padded(columns, COLUMN_UNIT) * kernels->element_bytes,
            job->strip);
    }
}

/// Number of whole row panels of A that are packed at once.
static size_t row_block(const bert_gemm_kernels *kernels) {
    return ROW_BLOCK / kernels->row_panel * kernels->row_panel;
}

/// Sets rows `i ..< i + rows` and columns `j ..< j + columns` of C to the sums, or adds them to C.
static void finish_sums(const job *job, size_t i, size_t rows, size_t j, size_t columns,
                        const float *sums, size_t stride, bool accumulate) {
    const bert_gemm_task *t = job->task;
    char *c = (char *)t->c + (i * t->c_stride + j) * bytes_of(t->c_storage);
    job->kernels->finish(rows, columns, sums, stride, accumulate, t->c_storage, c, t->c_stride);
}

/// Applies the activation to rows `i ..< i + rows` and columns `j ..< j + columns` of C.
static void activate(const job *job, size_t i, size_t rows, size_t j, size_t columns) {
    const bert_gemm_task *t = job->task;
    const size_t bytes = bytes_of(t->c_storage);
    for (size_t r = i; r < i + rows; r++) {
        job->rows->gelu_forward(t->activation, columns,
                                (const char *)t->c + (r * t->c_stride + j) * bytes,
                                (char *)t->activated + (r * t->activated_stride + j) * bytes);
    }
}

/// Block of C, and the part of the depth that is added to it.
typedef struct {
    size_t i, rows, j, columns;
    bool add;      // the sums already hold a part
    bool last;     // the rest of this pass: sums kept apart are stored now
    bool earlier;  // C already holds what an earlier pass stored
    bool complete;  // the end of the depth: the time for bias and activation
} step;

/// Multiplies all tiles of one packed block of A by one packed block of B.
static void multiply_blocks(const job *job, step step, size_t depth, bert_packed_rows a,
                            const char *b) {
    const bert_gemm_kernels *kernels = job->kernels;
    const bert_gemm_task *t = job->task;
    // Sums that are complete at once need only the room of a tile, and so stay in the first cache.
    const bool whole = job->sums && !step.add && step.last;
    for (size_t j = 0; j < step.columns; j += kernels->column_panel) {
        const size_t columns = smaller(kernels->column_panel, step.columns - j);
        for (size_t i = 0; i < step.rows; i += kernels->row_panel) {
            const size_t rows = smaller(kernels->row_panel, step.rows - i);
            const size_t stride = whole       ? COLUMN_UNIT
                                  : job->sums ? step.columns
                                              : t->c_stride;
            float *sums = whole       ? job->sums
                          : job->sums ? job->sums + i * stride + j
                                      : (float *)t->c + (step.i + i) * stride + step.j + j;
            kernels->tile(rows, columns, depth,
                          (const char *)a.elements + i * a.stride * kernels->element_bytes,
                          a.stride, b + j * depth * kernels->element_bytes, sums, stride,
                          step.add, step.complete && t->bias ? t->bias + step.j + j : NULL);
            if (job->sums && step.last) {
                finish_sums(job, step.i + i, rows, step.j + j, columns, sums, stride,
                            t->accumulate || step.earlier);
            }
            if (t->activated && step.complete) {
                activate(job, step.i + i, rows, step.j + j, columns);
            }
        }
    }
}

/// Multiplies a block of rows of C, from (i, j) on, with the packed columns of B. Its sums stay in
/// the cache until the whole packed depth is added.
static void multiply_rows(const job *job, size_t i, size_t j, size_t columns, size_t k,
                          size_t depth) {
    const bert_gemm_kernels *kernels = job->kernels;
    const bert_gemm_task *t = job->task;
    const size_t rows = smaller(row_block(kernels), t->rows - i);
    for (size_t start = 0; start < depth; start += kernels->depth_block) {
        size_t part = smaller(kernels->depth_block, depth - start);
        step step = {.i = i, .rows = rows, .j = j, .columns = columns, .earlier = k > 0};
        step.last = start + part == depth;
        step.complete = k + start + part == t->depth;
        step.add = job->sums ? start > 0 : t->accumulate || k + start > 0;
        bert_packed_rows a = kernels->pack_rows(
            block_of(t, &t->a, !t->a.transposed, i, rows, k + start, part), job->packed_a,
            job->strip);
        multiply_blocks(
            job, step, padded(part, kernels->depth_unit), a,
            job->packed_b + start * padded(columns, COLUMN_UNIT) * kernels->element_bytes);
    }
}

/// Stores the sum of no terms: zero or the previous value, plus the bias.
static void finish_empty_depth(const job *job) {
    const bert_gemm_task *t = job->task;
    static const float zeros[COLUMN_UNIT];
    for (size_t j = 0; j < t->columns; j += COLUMN_UNIT) {
        const size_t columns = smaller(COLUMN_UNIT, t->columns - j);
        // Every row of C uses the same row of sums.
        finish_sums(job, 0, t->rows, j, columns, t->bias ? t->bias + j : zeros, 0, t->accumulate);
    }
}

/// Number of columns of B that are packed at once, for a part of the depth.
static size_t column_block(const job *job, size_t depth) {
    size_t bytes = padded(depth, job->kernels->depth_unit) * job->kernels->element_bytes;
    size_t columns = PACKED_B / bytes / COLUMN_UNIT * COLUMN_UNIT;
    return job->sums ? smaller(columns, SUM_COLUMNS) : columns;
}

void bert_gemm(bert_instruction_set set, const bert_gemm_task *t, void *scratch) {
    char *memory = scratch;
    const bert_gemm_kernels *kernels = kernels_for(set, t->precision);
    const job job = {
        .task = t,
        .kernels = kernels,
        .rows = bert_row_kernels_for(set, t->c_storage),
        .packed_a = memory,
        .packed_b = memory + PACKED_A,
        .strip = memory + PACKED_A + PACKED_B,
        .sums = t->c_storage == BERT_FP32
                    ? NULL
                    : (float *)(memory + PACKED_A + PACKED_B + BERT_GEMM_STRIP),
    };
    if (t->depth == 0) {
        finish_empty_depth(&job);
        if (t->activated) activate(&job, 0, t->rows, 0, t->columns);
        return;
    }
    if (kernels->begin) kernels->begin();
    // If C is too narrow for sums, it would round them between passes. A pass then covers all of
    // the depth that B's memory can hold, 24,576 elements or more.
    const size_t pass = job.sums ? PACKED_B / (COLUMN_UNIT * kernels->element_bytes)
                                 : DEPTH_BLOCKS * kernels->depth_block;
    for (size_t k = 0; k < t->depth; k += pass) {
        const size_t depth = smaller(pass, t->depth - k);
        const size_t block = column_block(&job, depth);
        for (size_t j = 0; j < t->columns; j += block) {
            const size_t columns = smaller(block, t->columns - j);
            pack_b(&job, j, columns, k, depth);
            for (size_t i = 0; i < t->rows; i += row_block(kernels)) {
                multiply_rows(&job, i, j, columns, k, depth);
            }
        }
    }
    if (kernels->end) kernels->end();
}
