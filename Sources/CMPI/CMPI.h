#ifndef BERT_CMPI_H
#define BERT_CMPI_H

#include <mpi.h>

#endif
