#include "CBuild.h"

#ifndef BERT_COMMIT
#define BERT_COMMIT "unknown"
#endif

const char *bert_commit(void) { return BERT_COMMIT; }
