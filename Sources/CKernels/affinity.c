// Processors on which threads may run. The C library declares these functions only for GNU sources,
// which Swift's import does not request.

#define _GNU_SOURCE

#include "affinity.h"

#include <sched.h>

bool bert_set_affinity(size_t words, const unsigned long *bits) {
    return sched_setaffinity(0, words * sizeof *bits, (const cpu_set_t *)bits) == 0;
}

bool bert_get_affinity(size_t words, unsigned long *bits) {
    return sched_getaffinity(0, words * sizeof *bits, (cpu_set_t *)bits) == 0;
}
