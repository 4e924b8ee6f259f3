// Upper bounds of the machine, against which benchmarks measure the kernels.

#include "peak.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Enough chains to hide the latency of every multiply-add (4 to 5 cycles, two per cycle), and few
// enough for 16 registers (AVX2) or 32 (AVX-512). Dot products of pairs have the same latency; the
// compiler spills more than 12 chains of them. A tile's product takes 52 cycles, and one begins
// every 16: 4 tiles.
enum { NARROW_CHAINS = 12, WIDE_CHAINS = 24, PAIR_CHAINS = 12, TILE_CHAINS = 4 };

/// Destination of a thread's results, so that the compiler must compute them.
static _Thread_local volatile float sink;
/// Factor of the chains: unknown to the compiler, and keeps sums finite.
static volatile float shrink = 0.999F;

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static double multiply_add_avx512(size_t rounds) {
    __m512 sums[WIDE_CHAINS];
    const __m512 factor = _mm512_set1_ps(shrink);
#pragma clang loop unroll(full)
    for (int i = 0; i < WIDE_CHAINS; i++) sums[i] = _mm512_set1_ps((float)i);
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < WIDE_CHAINS; i++) sums[i] = _mm512_fmadd_ps(sums[i], factor, factor);
    }
    float total = 0;
    for (int i = 0; i < WIDE_CHAINS; i++) total += _mm512_reduce_add_ps(sums[i]);
    sink = total;
    return 2.0 * 16 * WIDE_CHAINS * (double)rounds;
}

__attribute__((target("avx512f,avx512bf16"))) static double multiply_add_pairs(size_t rounds) {
    __m512 sums[PAIR_CHAINS];
    // bf16 pairs: the upper half of a float is one bf16.
    const __m512bh factor = (__m512bh)_mm512_set1_ps(shrink);
#pragma clang loop unroll(full)
    for (int i = 0; i < PAIR_CHAINS; i++) sums[i] = _mm512_set1_ps((float)i);
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < PAIR_CHAINS; i++) sums[i] = _mm512_dpbf16_ps(sums[i], factor, factor);
    }
    float total = 0;
    for (int i = 0; i < PAIR_CHAINS; i++) total += _mm512_reduce_add_ps(sums[i]);
    sink = total;
    return 2.0 * 32 * PAIR_CHAINS * (double)rounds;
}

__attribute__((target("avx512f,amx-tile,amx-bf16"))) static double multiply_add_tiles(
    size_t rounds) {
    enum { ROWS = 16, ROW_BYTES = 64 };
    // Operand of LDTILECFG: palette 1, eight tiles of 16 rows of 64 bytes.
    _Alignas(64) unsigned char configuration[64] = {1};
    for (int i = 0; i < 8; i++) {
        configuration[16 + 2 * i] = ROW_BYTES;
        configuration[48 + i] = ROWS;
    }
    _Alignas(64) float elements[ROWS * ROW_BYTES / sizeof(float)];
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) elements[i] = shrink;
    _tile_loadconfig(configuration);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_loadd(4, elements, ROW_BYTES);
    _tile_loadd(5, elements, ROW_BYTES);
    _tile_loadd(6, elements, ROW_BYTES);
    _tile_loadd(7, elements, ROW_BYTES);
    for (size_t round = 0; round < rounds; round++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    float total = 0;
    _tile_stored(0, elements, ROW_BYTES);
    total += elements[0];
    _tile_stored(1, elements, ROW_BYTES);
    total += elements[0];
    _tile_stored(2, elements, ROW_BYTES);
    total += elements[0];
    _tile_stored(3, elements, ROW_BYTES);
    total += elements[0];
    _tile_release();
    sink = total;
    return 2.0 * 16 * 16 * 32 * TILE_CHAINS * (double)rounds;
}

__attribute__((target("avx2,fma"))) static double multiply_add_avx2(size_t rounds) {
    __m256 sums[NARROW_CHAINS];
    const __m256 factor = _mm256_set1_ps(shrink);
#pragma clang loop unroll(full)
    for (int i = 0; i < NARROW_CHAINS; i++) sums[i] = _mm256_set1_ps((float)i);
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < NARROW_CHAINS; i++) {
            sums[i] = _mm256_fmadd_ps(sums[i], factor, factor);
        }
    }
    float lanes[8], total = 0;
    for (int i = 0; i < NARROW_CHAINS; i++) {
        _mm256_storeu_ps(lanes, sums[i]);
        for (int lane = 0; lane < 8; lane++) total += lanes[lane];
    }
    sink = total;
    return 2.0 * 8 * NARROW_CHAINS * (double)rounds;
}
#endif

/// Vectors of four floats, which every 64-bit processor has; the x86-64 baseline multiplies and
/// adds in two instructions.
static double multiply_add_portable(size_t rounds) {
    typedef float vector __attribute__((vector_size(16)));
    vector sums[NARROW_CHAINS];
    const float one = shrink;
    const vector factor = {one, one, one, one};
#pragma clang loop unroll(full)
    for (int i = 0; i < NARROW_CHAINS; i++) sums[i] = factor * (float)i;
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < NARROW_CHAINS; i++) sums[i] = sums[i] * factor + factor;
    }
    float total = 0;
    for (int i = 0; i < NARROW_CHAINS; i++) {
        for (int lane = 0; lane < 4; lane++) total += sums[i][lane];
    }
    sink = total;
    return 2.0 * 4 * NARROW_CHAINS * (double)rounds;
}

double bert_peak_multiply_add(bert_instruction_set set, bert_precision precision, size_t rounds) {
#if defined(__x86_64__)
    if (precision == BERT_BF16 && set == BERT_AMX) return multiply_add_tiles(rounds);
    if (precision == BERT_BF16 && set == BERT_AVX512_BF16) return multiply_add_pairs(rounds);
    if (set >= BERT_AVX512) return multiply_add_avx512(rounds);
    if (set == BERT_AVX2) return multiply_add_avx2(rounds);
#endif
    (void)set, (void)precision;
    return multiply_add_portable(rounds);
}

void bert_peak_triad(size_t count, float factor, const float *b, const float *c, float *a) {
    for (size_t i = 0; i < count; i++) a[i] = b[i] + factor * c[i];
}
