#ifndef BERT_CKERNELS_H
#define BERT_CKERNELS_H
#endif
