// AMX: 32 x 32 sums in four tiles of 16 x 16; each multiplication adds 32 steps of the depth.

#include "gemm_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(                                                                  \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma,f16c,"      \
                          "amx-tile,amx-bf16"))),                                             \
    apply_to = function)

enum { ROWS = 32, COLUMNS = 32, DEPTH_UNIT = 32 };

#ifndef BERT_EMULATE_TILES
#define ROUND_BY_AVX512_BF16
#endif
#include "gemm_pairs.h"

#ifndef BERT_EMULATE_TILES
#define LOAD_CONFIGURATION _tile_loadconfig
#define RELEASE _tile_release
#define ZERO _tile_zero
#define LOAD _tile_loadd
#define MULTIPLY_ADD _tile_dpbf16ps
#define STORE _tile_stored
#endif

enum { SIDE = 16, ROW_BYTES = 64 };

// Tiles 0 to 3 hold sums (upper left, upper right, lower left, lower right), 4 and 5 the upper and
// lower rows of A, 6 and 7 the left and right columns of B.

/// Operand of LDTILECFG.
typedef struct {
    uint8_t palette, first_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_configuration;

_Static_assert(sizeof(tile_configuration) == 64, "LDTILECFG reads 64 bytes");

/// Configures the tiles for `rows` rows of A, of which the upper tiles have at most 16.
static void configure(size_t rows) {
    _Alignas(64) tile_configuration configuration = {.palette = 1};
    const uint8_t upper = (uint8_t)smaller(rows, SIDE);
    const uint8_t lower = (uint8_t)(rows > SIDE ? rows - SIDE : 1);
    const uint8_t row_counts[8] = {upper, upper, lower, lower, upper, lower, SIDE, SIDE};
    for (int i = 0; i < 8; i++) {
        configuration.row_bytes[i] = ROW_BYTES;
        configuration.rows[i] = row_counts[i];
    }
    LOAD_CONFIGURATION(&configuration);
}

static void begin(void) { configure(ROWS); }

static void end(void) { RELEASE(); }

/// Adds finished tiles to C, or replaces C; C may be `sums`.
static void store_block(size_t rows, size_t columns, const float *sums, size_t stride, float *c,
                        size_t c_stride, bool add, const float *bias) {
    for (size_t i = 0; i < rows; i++) {
        FOR_VECTORS(j, w, columns) {
            f32x16 sum = load(sums + i * stride + j, w);
            float *out = c + i * c_stride + j;
            if (add) sum = load(out, w) + sum;
            if (bias) sum += load(bias + j, w);
            store(out, sum, w);
        }
    }
}

static void tile(size_t rows, size_t columns, size_t depth, const void *a, size_t a_stride,
                 const void *b, float *c, size_t c_stride, bool add, const float *bias) {
    const size_t a_bytes = a_stride * sizeof(bert_bf16), b_bytes = COLUMNS * sizeof(uint32_t);
    const bool lower = rows > SIDE;
    const char *upper_a = a, *lower_a = upper_a + SIDE * a_bytes, *left_b = b;
    if (rows < ROWS) configure(rows);
    ZERO(0);
    ZERO(1);
    ZERO(2);
    ZERO(3);
    for (size_t k = 0; k < depth; k += DEPTH_UNIT) {
        LOAD(6, left_b, b_bytes);
        LOAD(7, left_b + ROW_BYTES, b_bytes);
        LOAD(4, upper_a, a_bytes);
        MULTIPLY_ADD(0, 4, 6);
        MULTIPLY_ADD(1, 4, 7);
        if (lower) {
            LOAD(5, lower_a, a_bytes);
            MULTIPLY_ADD(2, 5, 6);
            MULTIPLY_ADD(3, 5, 7);
        }
        upper_a += DEPTH_UNIT * sizeof(bert_bf16);
        lower_a += DEPTH_UNIT * sizeof(bert_bf16);
        left_b += DEPTH_UNIT / 2 * b_bytes;
    }
    _Alignas(64) float apart[ROWS * COLUMNS];
    const bool in_place = rows == ROWS && columns == COLUMNS && !add;
    float *sums = in_place ? c : apart;
    const size_t stride = in_place ? c_stride : COLUMNS, sum_bytes = stride * sizeof(float);
    STORE(0, sums, sum_bytes);
    STORE(1, sums + SIDE, sum_bytes);
    if (lower) {
        STORE(2, sums + SIDE * stride, sum_bytes);
        STORE(3, sums + SIDE * stride + SIDE, sum_bytes);
    }
    if (!in_place || bias) store_block(rows, columns, sums, stride, c, c_stride, add, bias);
    if (rows < ROWS) configure(ROWS);
}

const bert_gemm_kernels bert_gemm_amx = PAIR_KERNELS(ROWS, begin, end);

#pragma clang attribute pop

#endif
