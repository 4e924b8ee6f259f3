#if defined(__x86_64__)
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define element _Float16
#define ROW_KERNELS bert_row_kernels_avx2_fp16
#include "row_kernels_body.h"
#pragma clang attribute pop
#endif
