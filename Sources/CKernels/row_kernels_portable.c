#define ROW_KERNELS bert_row_kernels_portable
#include "row_kernels_body.h"
