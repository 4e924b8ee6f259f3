#ifndef BERT_AFFINITY_H
#define BERT_AFFINITY_H

#include <stdbool.h>
#include <stddef.h>

/// Restricts the calling thread to the processors whose bits are set; false if the system refuses.
bool bert_set_affinity(size_t words, const unsigned long *bits);

/// Sets the bits of the processors on which the calling thread may run; false if they are unknown.
bool bert_get_affinity(size_t words, unsigned long *bits);

#endif
