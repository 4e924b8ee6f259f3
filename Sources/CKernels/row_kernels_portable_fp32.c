#define element float
#define ROW_KERNELS bert_row_kernels_portable_fp32
#include "row_kernels_body.h"
