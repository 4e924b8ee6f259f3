// Where threads may run: the C library declares these only to those who ask for GNU's functions,
// which Swift's import does not.

#define _GNU_SOURCE

#include "affinity.h"

#include <sched.h>

bool bert_set_affinity(size_t words, const unsigned long *bits) {
    return sched_setaffinity(0, words * sizeof *bits, (const cpu_set_t *)bits) == 0;
}

bool bert_get_affinity(size_t words, unsigned long *bits) {
    return sched_getaffinity(0, words * sizeof *bits, (cpu_set_t *)bits) == 0;
}
