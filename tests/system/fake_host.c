/* A computer whose wall clock lies and whose memory card fails, preloaded under a whole process.
 *
 *     cc -O2 -shared -fPIC -o fake_host.so fake_host.c -ldl
 *
 * Only the wall clock is moved (CLOCK_REALTIME and its relatives): a network time daemon moves that
 * one and never the monotonic clock. The card is one folder, FAKE_CARD: changes to files in it fail
 * with a chosen error, or the process is killed in the middle of one. The test steers it through a
 * shared file, FAKE_HOST. System calls that go around libc are not seen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* Keep in step with fake_host.py. */
struct control {
    int64_t ahead_ms;  /* the wall clock shows this much more than it should */
    int32_t unsynced;  /* the kernel says that no time daemon has set the clock */
    int32_t card_errno;/* every change on the card fails with this */
    int32_t kill_at;   /* the process dies in the middle of the so-manieth change from now */
};

static struct control fallback;
static struct control *control = &fallback;
static const char *card = "";

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAKE_HOST");
    if (getenv("FAKE_CARD")) card = getenv("FAKE_CARD");
    /* Not through open(): another preloaded library may stand in for it and not be ready yet. */
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *shared = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared != MAP_FAILED) control = shared;
    syscall(SYS_close, fd);
}

/* ------------------------------------------------------------------ the wall clock */

static void shift(struct timespec *t) {
    int64_t ns = t->tv_nsec + control->ahead_ms % 1000 * 1000000;
    t->tv_sec += control->ahead_ms / 1000 + (ns >= 1000000000) - (ns < 0);
    t->tv_nsec = ns - ((ns >= 1000000000) - (ns < 0)) * 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = REAL(clock_gettime);
    int result = next(clock, t);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(t);
    return result;
}

time_t time(time_t *out) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out) *out = t.tv_sec;
    return t.tv_sec;
}

int gettimeofday(struct timeval *out, void *zone) {
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    out->tv_sec = t.tv_sec;
    out->tv_usec = t.tv_nsec / 1000;
    return 0;
}

int adjtimex(struct timex *state) {
    int result = REAL(adjtimex)(state);
    if (result < 0) return result;
    state->maxerror = control->unsynced ? 16000000 : 1000; /* what the kernel says before anybody set it */
    return control->unsynced ? TIME_ERROR : result == TIME_ERROR ? TIME_OK : result;
}

/* Deadlines that were reckoned on the moved clock mean the real one in the kernel. A condition's
 * clock cannot be asked for; what lies within an hour of the moved clock's now was reckoned on it. */
static struct timespec meant(const struct timespec *deadline) {
    struct timespec t = *deadline, now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (control->ahead_ms && llabs((long long)(t.tv_sec - now.tv_sec)) < 3600) {
        t.tv_sec -= control->ahead_ms / 1000;
    }
    return t;
}

int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline) {
    /* dlsym finds the oldest version of this one, which cannot work with today's conditions. */
    static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!next) next = (__typeof__(next))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!next) next = (__typeof__(next))real("pthread_cond_timedwait");
    struct timespec t = meant(deadline);
    return next(cond, mutex, &t);
}

int sem_timedwait(sem_t *semaphore, const struct timespec *deadline) {
    struct timespec t = meant(deadline);
    return REAL(sem_timedwait)(semaphore, &t);
}

/* systemd-timesyncd leaves a file when it has set the clock. */
static int hidden(const char *path) {
    if (!control->unsynced || strcmp(path, "/run/systemd/timesync/synchronized")) return 0;
    errno = ENOENT;
    return 1;
}

int stat(const char *path, struct stat *out) { return hidden(path) ? -1 : REAL(stat)(path, out); }
int stat64(const char *path, struct stat64 *out) { return hidden(path) ? -1 : REAL(stat64)(path, out); }

/* ------------------------------------------------------------------ the card */

static int on_card(const char *path) {
    size_t length = strlen(card);
    return length && !strncmp(path, card, length) && (path[length] == '/' || !path[length]);
}

static int descriptor_on_card(int fd) {
    if (!control->card_errno && !control->kill_at) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return on_card(path);
}

static int refused(void) {
    if (control->card_errno) errno = control->card_errno;
    return control->card_errno != 0;
}

/* True when this change is the one to die in; what it should have written is half written first. */
static int last_change(void) { return control->kill_at > 0 && --control->kill_at == 0; }

ssize_t write(int fd, const void *data, size_t size) {
    ssize_t (*next)(int, const void *, size_t) = REAL(write);
    if (!descriptor_on_card(fd)) return next(fd, data, size);
    if (refused()) return -1;
    if (last_change()) {
        if (next(fd, data, size / 2) >= 0) raise(SIGKILL);
    }
    return next(fd, data, size);
}

static ssize_t pwrite_any(int fd, const void *data, size_t size, off_t at) {
    ssize_t (*next)(int, const void *, size_t, off_t) = REAL(pwrite);
    if (!descriptor_on_card(fd)) return next(fd, data, size, at);
    if (refused()) return -1;
    if (last_change()) {
        if (next(fd, data, size / 2, at) >= 0) raise(SIGKILL);
    }
    return next(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite_any(fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return pwrite_any(fd, data, size, at); }

static int truncate_any(int fd, off_t length) {
    if (descriptor_on_card(fd) && refused()) return -1;
    return REAL(ftruncate)(fd, length);
}

int ftruncate(int fd, off_t length) { return truncate_any(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncate_any(fd, length); }

static int sync_any(int fd, const char *name) {
    if (descriptor_on_card(fd)) {
        if (refused()) return -1;
        if (last_change()) raise(SIGKILL);
    }
    return ((int (*)(int))real(name))(fd);
}

int fsync(int fd) { return sync_any(fd, "fsync"); }
int fdatasync(int fd) { return sync_any(fd, "fdatasync"); }

int unlink(const char *path) {
    return on_card(path) && refused() ? -1 : REAL(unlink)(path);
}

int rename(const char *from, const char *to) {
    return on_card(to) && refused() ? -1 : REAL(rename)(from, to);
}

static int open_any(const char *path, int flags, mode_t mode) {
    int changes = (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT;
    if (changes && on_card(path) && refused()) return -1;
    return REAL(open)(path, flags, mode);
}

#define MODE(flags, mode) va_list list; va_start(list, flags); mode_t mode = va_arg(list, mode_t); va_end(list)
int open(const char *path, int flags, ...) { MODE(flags, mode); return open_any(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode); return open_any(path, flags, mode); }
