#ifndef BERT_TILE_EMULATION_H
#define BERT_TILE_EMULATION_H

#include <stddef.h>

#include "CKernels.h"

/// `bert_gemm` with AMX's kernel, whose tile instructions are emulated: `task` has bf16 precision,
/// and the processor AVX-512.
void emulated_gemm(const bert_gemm_task *task, void *scratch);

/// Bytes of scratch memory for it.
size_t emulated_gemm_scratch(void);

#endif
