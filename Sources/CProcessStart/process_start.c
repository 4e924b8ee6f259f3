// Steps at process start that Swift cannot express: code before the initializers of shared
// libraries, and functions that the C library declares only for GNU sources.

#define _GNU_SOURCE

#include "process_start.h"

#include <pthread.h>
#include <signal.h>

static bool hang_up_was_ignored;

static void note_signals(void) {
    struct sigaction action;
    hang_up_was_ignored = sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

#ifdef __linux__
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = note_signals;
#endif

void bert_thread_stack_at_least(size_t bytes) {
    pthread_attr_t attributes;
    size_t present;
    if (pthread_getattr_default_np(&attributes) != 0) return;
    if (pthread_attr_getstacksize(&attributes, &present) == 0 && present < bytes &&
        pthread_attr_setstacksize(&attributes, bytes) == 0) {
        pthread_setattr_default_np(&attributes);
    }
    pthread_attr_destroy(&attributes);
}

bool bert_hang_up_was_ignored(void) { return hang_up_was_ignored; }
