#if defined(__x86_64__)
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#define UPDATE_KERNELS bert_update_kernels_avx512
#include "update_kernels_body.h"
#pragma clang attribute pop
#endif
