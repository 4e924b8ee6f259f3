#ifndef BERT_PROCESS_START_H
#define BERT_PROCESS_START_H

#include <stdbool.h>
#include <stddef.h>

/// Whether SIGHUP was ignored when this program was started, as by `nohup`. Libraries may have
/// replaced its disposition before `main` runs: UCX, under MPI, treats SIGHUP as a request to
/// debug.
bool bert_hang_up_was_ignored(void);

/// Gives threads that are started from now on a stack of at least `bytes`. Otherwise they have the
/// size that `ulimit -s` gave when the program was started.
void bert_thread_stack_at_least(size_t bytes);

#endif
