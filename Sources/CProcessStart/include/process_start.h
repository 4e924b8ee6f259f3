#ifndef BERT_PROCESS_START_H
#define BERT_PROCESS_START_H

#include <stdbool.h>
#include <stddef.h>

/// Whether SIGHUP was ignored when this program was started, as `nohup` has it. Libraries may have
/// replaced that before `main` runs: UCX, under MPI, takes SIGHUP for a request to debug.
bool bert_hang_up_was_ignored(void);

/// Gives threads that are started from now on at least `bytes` of stack. Without it they have what
/// `ulimit -s` said when the program was started.
void bert_thread_stack_at_least(size_t bytes);

#endif
