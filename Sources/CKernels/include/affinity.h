#ifndef BERT_AFFINITY_H
#define BERT_AFFINITY_H

#include <stdbool.h>
#include <stddef.h>

/// Lets the calling thread run on the processors whose bits are set; false where the system refuses.
bool bert_set_affinity(size_t words, const unsigned long *bits);

/// Sets the bits of the processors that the calling thread may run on; false where nobody knows.
bool bert_get_affinity(size_t words, unsigned long *bits);

#endif
