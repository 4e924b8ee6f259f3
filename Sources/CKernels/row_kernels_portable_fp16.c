#define element _Float16
#define ROW_KERNELS bert_row_kernels_portable_fp16
#include "row_kernels_body.h"
