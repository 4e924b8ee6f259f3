#define element bert_bf16
#define ROW_KERNELS bert_row_kernels_portable_bf16
#include "row_kernels_body.h"
