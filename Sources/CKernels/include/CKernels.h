#ifndef BERT_CKERNELS_H
#define BERT_CKERNELS_H

#include "affinity.h"
#include "gemm.h"
#include "instruction_set.h"
#include "peak.h"
#include "precision.h"
#include "row_kernels.h"
#include "update_kernels.h"

#endif
