// Rest of a table of kernels whose tiles multiply floats, for any storage of the operands: packing
// and finishing. The including file defines ROWS, COLUMNS, `tile` and `pack_transposed`, which
// copies `count` x `depth` floats into a panel; in the source, the panel direction is strided and
// the depth contiguous. It names the table GEMM_KERNELS and sets the instructions.

#include "vectors.h"

enum { DEPTH_BLOCK = 384 };  // a panel of B has 24 KiB (AVX2) or 48 (AVX-512)

/// target = source as floats, rounded to `precision`.
INLINE void read_floats(size_t count, bert_precision storage, bert_precision precision,
                        const void *source, float *target) {
    if (storage == BERT_BF16) {
        const bert_bf16 *x = source;
        FOR_VECTORS(i, w, count) store(target + i, load(x + i, w), w);
    } else if (storage == BERT_FP16) {
        const _Float16 *x = source;
        FOR_VECTORS(i, w, count) store(target + i, load(x + i, w), w);
    } else if (precision == BERT_BF16) {
        const float *x = source;
        FOR_VECTORS(i, w, count) store(target + i, from_bf16(to_bf16(load(x + i, w))), w);
    } else if (precision == BERT_FP16) {
        const float *x = source;
        FOR_VECTORS(i, w, count) {
            f16x16 halves = __builtin_convertvector(load(x + i, w), f16x16);
            store(target + i, __builtin_convertvector(halves, f32x16), w);
        }
    } else {
        memcpy(target, source, count * sizeof(float));
    }
}

static const void *element(bert_block block, size_t index) {
    const size_t bytes = block.storage == BERT_FP32 ? 4 : 2;
    return (const char *)block.elements + index * bytes;
}

/// Packs a panel of up to `width` rows (or columns): each step of the depth holds the panel's
/// elements side by side, with zeros for missing ones.
static void pack_panel(bert_block block, size_t start, float *panel, size_t width, float *strip) {
    const size_t count = smaller(width, block.count - start);
    if (!block.depth_contiguous) {
        for (size_t step = 0; step < block.depth; step++, panel += width) {
            read_floats(count, block.storage, block.precision,
                        element(block, step * block.stride + start), panel);
            if (count < width) memset(panel + count, 0, (width - count) * sizeof(float));
        }
    } else if (block.storage == BERT_FP32 && block.precision == BERT_FP32) {
        pack_transposed(count, block.depth, element(block, start * block.stride), block.stride,
                        panel, width);
    } else {
        for (size_t i = 0; i < count; i++) {
            read_floats(block.depth, block.storage, block.precision,
                        element(block, (start + i) * block.stride), strip + i * block.depth);
        }
        pack_transposed(count, block.depth, strip, block.depth, panel, width);
    }
}

static void pack(bert_block block, void *packed, size_t width, void *strip) {
    for (size_t start = 0; start < block.count; start += width) {
        pack_panel(block, start, (float *)packed + start * block.depth, width, strip);
    }
}

static bert_packed_rows pack_rows(bert_block block, void *packed, void *strip) {
    pack(block, packed, ROWS, strip);
    return (bert_packed_rows){packed, block.depth};
}

static void pack_columns(bert_block block, void *packed, void *strip) {
    pack(block, packed, COLUMNS, strip);
}

#include "gemm_finish.h"

const bert_gemm_kernels GEMM_KERNELS = {
    .row_panel = ROWS,
    .column_panel = COLUMNS,
    .depth_block = DEPTH_BLOCK,
    .depth_unit = 1,
    .element_bytes = sizeof(float),
    .tile = tile,
    .pack_rows = pack_rows,
    .pack_columns = pack_columns,
    .finish = finish,
};
