// Sixteen floats as one value, for any width of the machine's registers.

#ifndef BERT_VECTORS_H
#define BERT_VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "precision.h"

#ifdef ROUND_BY_AVX512_BF16
#include <immintrin.h>
#endif

#pragma clang diagnostic ignored "-Wpsabi"

typedef float f32x16 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef uint64_t u64x16 __attribute__((vector_size(128)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef _Float16 f16x16 __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))
// `load` and `store` take any storage: the type of the address selects it.
#define OVERLOADED INLINE __attribute__((overloadable))

enum { LANES = 16 };

INLINE size_t smaller(size_t x, size_t y) { return x < y ? x : y; }

/// Loops over vectors at `i`, each of `width` elements: 16, or the remainder at the end.
#define FOR_VECTORS(i, width, count) \
    for (size_t i = 0, width; i < (count) && (width = smaller(LANES, (count) - i)); i += LANES)

INLINE f32x16 fill(float x) { return (f32x16){} + x; }

INLINE f32x16 from_bf16(u16x16 bits) {
    return (f32x16)(__builtin_convertvector(bits, u32x16) << 16);
}

/// Rounds to nearest even; a NaN stays a NaN. A file that sets ROUND_BY_AVX512_BF16 does it in one
/// instruction, which flushes subnormal numbers to zero, as its products do.
INLINE u16x16 to_bf16(f32x16 x) {
#ifdef ROUND_BY_AVX512_BF16
    return (u16x16)_mm512_cvtneps_pbh((__m512)x);
#else
    const u32x16 bits = (u32x16)x;
    const u32x16 rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
    const u32x16 quiet = bits >> 16 | 0x40u;
    const u32x16 ordered = (u32x16)(x == x);
    return __builtin_convertvector((rounded & ordered) | (quiet & ~ordered), u16x16);
#endif
}

/// Loads the first `count` (at most 16) elements at `p`, followed by zeros.
OVERLOADED f32x16 load(const float *p, size_t count) {
    f32x16 x = {};
    if (count >= LANES) {
        memcpy(&x, p, sizeof x);
    } else {
        memcpy(&x, p, count * sizeof(float));
    }
    return x;
}

OVERLOADED f32x16 load(const bert_bf16 *p, size_t count) {
    u16x16 x = {};
    if (count >= LANES) {
        memcpy(&x, p, sizeof x);
    } else {
        memcpy(&x, p, count * sizeof(bert_bf16));
    }
    return from_bf16(x);
}

OVERLOADED f32x16 load(const _Float16 *p, size_t count) {
    f16x16 x = {};
    if (count >= LANES) {
        memcpy(&x, p, sizeof x);
    } else {
        memcpy(&x, p, count * sizeof(_Float16));
    }
    return __builtin_convertvector(x, f32x16);
}

/// Writes the first `count` (at most 16) elements of `x` to `p`.
OVERLOADED void store(float *p, f32x16 x, size_t count) {
    if (count >= LANES) {
        memcpy(p, &x, sizeof x);
    } else {
        memcpy(p, &x, count * sizeof(float));
    }
}

OVERLOADED void store(bert_bf16 *p, f32x16 x, size_t count) {
    const u16x16 bits = to_bf16(x);
    if (count >= LANES) {
        memcpy(p, &bits, sizeof bits);
    } else {
        memcpy(p, &bits, count * sizeof(bert_bf16));
    }
}

OVERLOADED void store(_Float16 *p, f32x16 x, size_t count) {
    const f16x16 halves = __builtin_convertvector(x, f16x16);
    if (count >= LANES) {
        memcpy(p, &halves, sizeof halves);
    } else {
        memcpy(p, &halves, count * sizeof(_Float16));
    }
}

INLINE f32x16 choose(i32x16 condition, f32x16 yes, f32x16 no) {
    return (f32x16)((condition & (i32x16)yes) | (~condition & (i32x16)no));
}

/// Returns the larger of two; NaN if `x` is NaN, so that clamping never hides a broken value.
INLINE f32x16 larger_of(f32x16 x, f32x16 y) { return choose(x < y, y, x); }

/// Returns the smaller of two; NaN if `x` is NaN.
INLINE f32x16 smaller_of(f32x16 x, f32x16 y) { return choose(x > y, y, x); }

/// Selects `x` in the lanes below `count`, `other` in the rest.
INLINE f32x16 keep_first(f32x16 x, size_t count, float other) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return choose(lane < (i32x16){} + (int32_t)count, x, fill(other));
}

INLINE float sum_of(f32x16 x) {
    float eight[8], four[4];
    for (int i = 0; i < 8; i++) eight[i] = x[i] + x[i + 8];
    for (int i = 0; i < 4; i++) four[i] = eight[i] + eight[i + 4];
    return (four[0] + four[2]) + (four[1] + four[3]);
}

INLINE float largest_of(f32x16 x) {
    float largest = x[0];
    for (int i = 1; i < LANES; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

/// e^x with a relative error below 2e-7, of arguments clamped to [-87, 88] (Cephes' expf).
INLINE f32x16 exponential(f32x16 x) {
    x = smaller_of(larger_of(x, fill(-87.0f)), fill(88.0f));
    const f32x16 rounder = fill(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
    f32x16 shifted = x * 1.44269504088896341f + rounder;
    i32x16 power = (i32x16)shifted - (i32x16)rounder;
    f32x16 n = shifted - rounder;
    f32x16 r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    f32x16 p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    return p * (f32x16)((power + 127) << 23);
}

/// tanh x with an error of a few units in the last place (the rational approximation of Eigen).
INLINE f32x16 hyperbolic_tangent(f32x16 x) {
    x = smaller_of(larger_of(x, fill(-7.90531110763549805f)), fill(7.90531110763549805f));
    f32x16 z = x * x;
    f32x16 p = z * -2.76076847742355e-16f + 2.00018790482477e-13f;
    p = p * z + -8.60467152213735e-11f;
    p = p * z + 5.12229709037114e-08f;
    p = p * z + 1.48572235717979e-05f;
    p = p * z + 6.37261928875436e-04f;
    p = p * z + 4.89352455891786e-03f;
    f32x16 q = z * 1.19825839466702e-06f + 1.18534705686654e-04f;
    q = q * z + 2.26843463243900e-03f;
    q = q * z + 4.89352518554385e-03f;
    return x * p / q;
}

/// erf x with an error of a few units in the last place (the rational approximation of Eigen).
INLINE f32x16 error_function(f32x16 x) {
    x = smaller_of(larger_of(x, fill(-4.0f)), fill(4.0f));
    f32x16 z = x * x;
    f32x16 p = z * -2.72614225801306e-10f + 2.77068142495902e-08f;
    p = p * z + -2.10102402082508e-06f;
    p = p * z + -5.69250639462346e-05f;
    p = p * z + -7.34990630326855e-04f;
    p = p * z + -2.95459980854025e-03f;
    p = p * z + -1.60960333262415e-02f;
    f32x16 q = z * -1.45660718464996e-05f + -2.13374055278905e-04f;
    q = q * z + -1.68282697438203e-03f;
    q = q * z + -7.37332916720468e-03f;
    q = q * z + -1.42647390514189e-02f;
    return x * p / q;
}

#endif
