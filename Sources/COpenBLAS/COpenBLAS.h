#ifndef BERT_COpenBLAS_H
#define BERT_COpenBLAS_H

#include <cblas.h>

#endif
