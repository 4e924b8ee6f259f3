#define UPDATE_KERNELS bert_update_kernels_portable
#include "update_kernels_body.h"
