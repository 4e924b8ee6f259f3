#ifndef BERT_CHDF5_H
#define BERT_CHDF5_H

#include <hdf5.h>

#endif
