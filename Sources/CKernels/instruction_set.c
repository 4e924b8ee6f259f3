#include "instruction_set.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <immintrin.h>

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

/// Intel's AVX512_BF16 runs at half the rate of its fp32 (measured on Sapphire Rapids: 0.07 TFLOP/s
/// per core against 0.14); AMD's runs at twice that of fp32 (Zen 5: 1.9 times, measured).
static bool has_fast_bf16_dots(void) {
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_is("amd");
}

__attribute__((target("xsave"))) static bool tiles_are_enabled(void) {
    const unsigned long long tile_state = 3ull << 17;
    return (_xgetbv(0) & tile_state) == tile_state;
}

/// Linux grants a process the tiles' large registers only on request; threads inherit the grant.
static bool may_use_tiles(void) {
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

static bool has_amx(void) {
    unsigned a, b, c, d;
    const unsigned amx_bf16 = 1u << 22, amx_tile = 1u << 24;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & amx_bf16) && (d & amx_tile) &&
           __builtin_cpu_supports("avx512bf16");
}

static bool may_use_amx(void) {
    unsigned a, b, c, d;
    const unsigned saves_state = 1u << 27;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & saves_state) && tiles_are_enabled() &&
           may_use_tiles();
}

bert_instruction_set bert_supported_instruction_set(void) {
    __builtin_cpu_init();
    if (has_avx512()) {
        if (has_amx() && may_use_amx()) return BERT_AMX;
        return has_fast_bf16_dots() ? BERT_AVX512_BF16 : BERT_AVX512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("f16c")) {
        return BERT_AVX2;
    }
    return BERT_PORTABLE;
}

bool bert_amx_is_refused(void) {
    __builtin_cpu_init();
    return has_amx() && !may_use_amx();
}

#else

bool bert_amx_is_refused(void) { return false; }

bert_instruction_set bert_supported_instruction_set(void) { return BERT_PORTABLE; }

#endif
