// Makes chosen system calls fail or take long, and sets the clock back: a library for LD_PRELOAD.
//
//   FAIL_CALLS  which calls, with commas on both sides: ,pwrite,close,
//   FAIL_PATH   only those on files whose path holds this text
//               for malloc, calls from libraries whose path holds this text, of FAIL_BYTES at least
//   FAIL_FROM   the first one that fails, from 1; 0: none
//   FAIL_COUNT  how many fail in a row (1)
//   FAIL_ERRNO  with which error
//   FAIL_LOG    a file that gets one line for each such call
//   FAIL_AFTER  only calls later than so many seconds after the start count (0)
//   FAIL_RANK   only calls in the process of this rank
//   FAIL_DELAY  milliseconds that each of those calls takes that fail otherwise; they succeed then
//   CLOCK_BACK  seconds by which the time of day is set back, CLOCK_AFTER seconds (1) after the start
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { descriptors = 4096 };
static atomic_bool watched[descriptors];
static atomic_long calls;

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

static time_t seconds(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static time_t start;

__attribute__((constructor)) static void noteStart(void) { start = seconds(); }

static int isOtherRank(void) {
    const char *chosen = getenv("FAIL_RANK"), *own = getenv("PMI_RANK");
    if (!own) own = getenv("PMIX_RANK");
    if (!own) own = getenv("OMPI_COMM_WORLD_RANK");
    return chosen && (!own || strcmp(chosen, own));
}

static int matches(const char *path) {
    const char *part = getenv("FAIL_PATH");
    return part && path && strstr(path, part);
}

static int isWatched(int file) { return file >= 0 && file < descriptors && watched[file]; }

static void watch(int file, int is) {
    if (file >= 0 && file < descriptors) watched[file] = is;
}

// Whether this call, on a file that matches, is one of those that fail; sets errno.
static int fails(const char *call) {
    char name[32];
    const char *chosen = getenv("FAIL_CALLS"), *log = getenv("FAIL_LOG");
    snprintf(name, sizeof name, ",%s,", call);
    if (!chosen || !strstr(chosen, name) || isOtherRank()) return 0;
    if (seconds() - start < number("FAIL_AFTER", 0)) return 0;
    long now = ++calls, from = number("FAIL_FROM", 0);
    if (log) {
        int file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
        snprintf(name, sizeof name, "%s\n", call);
        if (syscall(SYS_write, file, name, strlen(name)) < 0) abort();
        syscall(SYS_close, file);
    }
    if (from < 1 || now < from || now >= from + number("FAIL_COUNT", 1)) return 0;
    long delay = number("FAIL_DELAY", 0);
    if (delay) return usleep(delay * 1000), 0;
    errno = number("FAIL_ERRNO", EIO);
    return 1;
}

// The seconds by which the time of day is set back by now.
static time_t setBack(void) {
    return seconds() - start >= number("CLOCK_AFTER", 1) ? number("CLOCK_BACK", 0) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int code = syscall(SYS_clock_gettime, clock, now);
    if (!code && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec -= setBack();
    return code;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int code = syscall(SYS_gettimeofday, now, zone);
    if (!code) now->tv_sec -= setBack();
    return code;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

static int opening(int directory, const char *path, int flags, mode_t mode) {
    int is = matches(path);
    if (is && fails(flags & O_CREAT ? "create" : "open")) return -1;
    int file = syscall(SYS_openat, directory, path, flags, mode);
    watch(file, is);
    return file;
}

static mode_t modeOf(int flags, va_list list) { return flags & O_CREAT ? va_arg(list, mode_t) : 0; }

#define OPEN(name)                                         \
    int name(const char *path, int flags, ...) {           \
        va_list list;                                      \
        va_start(list, flags);                             \
        mode_t mode = modeOf(flags, list);                 \
        va_end(list);                                      \
        return opening(AT_FDCWD, path, flags, mode);       \
    }
OPEN(open)
OPEN(open64)

int close(int file) {
    int failed = isWatched(file) && fails("close"), code = errno;
    watch(file, 0);
    int result = syscall(SYS_close, file);
    if (!failed) return result;
    errno = code;
    return -1;
}

ssize_t read(int file, void *buffer, size_t count) {
    return isWatched(file) && fails("read") ? -1 : syscall(SYS_read, file, buffer, count);
}

ssize_t write(int file, const void *buffer, size_t count) {
    return isWatched(file) && fails("write") ? -1 : syscall(SYS_write, file, buffer, count);
}

ssize_t pread64(int file, void *buffer, size_t count, off_t offset) {
    return isWatched(file) && fails("pread") ? -1
                                             : syscall(SYS_pread64, file, buffer, count, offset);
}

ssize_t pwrite64(int file, const void *buffer, size_t count, off_t offset) {
    return isWatched(file) && fails("pwrite") ? -1
                                              : syscall(SYS_pwrite64, file, buffer, count, offset);
}

ssize_t pread(int file, void *buffer, size_t count, off_t offset) {
    return pread64(file, buffer, count, offset);
}

ssize_t pwrite(int file, const void *buffer, size_t count, off_t offset) {
    return pwrite64(file, buffer, count, offset);
}

int fsync(int file) { return isWatched(file) && fails("fsync") ? -1 : syscall(SYS_fsync, file); }

int stat(const char *path, struct stat *information) {
    if (matches(path) && fails("stat")) return -1;
    return syscall(SYS_newfstatat, AT_FDCWD, path, information, 0);
}

int lstat(const char *path, struct stat *information) {
    if (matches(path) && fails("lstat")) return -1;
    return syscall(SYS_newfstatat, AT_FDCWD, path, information, AT_SYMLINK_NOFOLLOW);
}

extern void *__libc_malloc(size_t);

void *malloc(size_t bytes) {
    const char *chosen = getenv("FAIL_CALLS");
    Dl_info caller;
    if (chosen && strstr(chosen, ",malloc,") && bytes >= (size_t)number("FAIL_BYTES", 1) &&
        dladdr(__builtin_return_address(0), &caller) && matches(caller.dli_fname) && fails("malloc"))
        return NULL;
    return __libc_malloc(bytes);
}

DIR *opendir(const char *path) {
    static DIR *(*next)(const char *);
    if (!next) next = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");
    return matches(path) && fails("opendir") ? NULL : next(path);
}
