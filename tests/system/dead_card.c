/* A memory card that answers nothing any more, preloaded under a whole process.
 *
 *     cc -O2 -shared -fPIC -o dead_card.so dead_card.c -ldl
 *
 * While the file DEAD_CARD_FLAG exists, everything below the folder DEAD_CARD fails with EIO: looking,
 * opening, reading, writing, syncing, removing. That is how most cards end; a card that only refuses
 * to be written is fake_host.c's. System calls that go around libc are not seen, and neither is what
 * is mapped into memory.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *card = "", *flag = "";

__attribute__((constructor)) static void begin(void) {
    if (getenv("DEAD_CARD")) card = getenv("DEAD_CARD");
    if (getenv("DEAD_CARD_FLAG")) flag = getenv("DEAD_CARD_FLAG");
}

static int is_dead(void) {
    int before = errno;
    int dead = *flag && !syscall(SYS_faccessat, AT_FDCWD, flag, F_OK, 0);
    errno = before;
    return dead;
}

static int on_card(const char *path) {
    size_t length = strlen(card);
    return path && length && !strncmp(path, card, length) && (path[length] == '/' || !path[length]);
}

static int refuses(const char *path) {
    if (!on_card(path) || !is_dead()) return 0;
    errno = EIO;
    return 1;
}

static int descriptor_refuses(int fd) {
    if (!is_dead()) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return refuses(path);
}

/* ------------------------------------------------------------------ by descriptor */

ssize_t read(int fd, void *data, size_t size) {
    return descriptor_refuses(fd) ? -1 : REAL(read)(fd, data, size);
}
ssize_t pread(int fd, void *data, size_t size, off_t at) {
    return descriptor_refuses(fd) ? -1 : REAL(pread)(fd, data, size, at);
}
ssize_t pread64(int fd, void *data, size_t size, off64_t at) {
    return descriptor_refuses(fd) ? -1 : REAL(pread64)(fd, data, size, at);
}
ssize_t write(int fd, const void *data, size_t size) {
    return descriptor_refuses(fd) ? -1 : REAL(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return descriptor_refuses(fd) ? -1 : REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return descriptor_refuses(fd) ? -1 : REAL(pwrite64)(fd, data, size, at);
}
int fsync(int fd) { return descriptor_refuses(fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return descriptor_refuses(fd) ? -1 : REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return descriptor_refuses(fd) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) {
    return descriptor_refuses(fd) ? -1 : REAL(ftruncate64)(fd, size);
}

/* ------------------------------------------------------------------ by name */

#define MODE(flags, mode) va_list list; va_start(list, flags); mode_t mode = va_arg(list, mode_t); va_end(list)
int open(const char *path, int flags, ...) {
    MODE(flags, mode);
    return refuses(path) ? -1 : REAL(open)(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE(flags, mode);
    return refuses(path) ? -1 : REAL(open64)(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    MODE(flags, mode);
    return refuses(path) || (folder >= 0 && descriptor_refuses(folder))
               ? -1
               : REAL(openat)(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags, mode);
    return refuses(path) || (folder >= 0 && descriptor_refuses(folder))
               ? -1
               : REAL(openat64)(folder, path, flags, mode);
}
DIR *opendir(const char *path) { return refuses(path) ? NULL : REAL(opendir)(path); }
int stat(const char *path, struct stat *out) { return refuses(path) ? -1 : REAL(stat)(path, out); }
int stat64(const char *path, struct stat64 *out) {
    return refuses(path) ? -1 : REAL(stat64)(path, out);
}
int lstat(const char *path, struct stat *out) { return refuses(path) ? -1 : REAL(lstat)(path, out); }
int lstat64(const char *path, struct stat64 *out) {
    return refuses(path) ? -1 : REAL(lstat64)(path, out);
}
int access(const char *path, int mode) { return refuses(path) ? -1 : REAL(access)(path, mode); }
int statvfs(const char *path, struct statvfs *out) {
    return refuses(path) ? -1 : REAL(statvfs)(path, out);
}
int statvfs64(const char *path, struct statvfs64 *out) {
    return refuses(path) ? -1 : REAL(statvfs64)(path, out);
}
int mkdir(const char *path, mode_t mode) { return refuses(path) ? -1 : REAL(mkdir)(path, mode); }
int rmdir(const char *path) { return refuses(path) ? -1 : REAL(rmdir)(path); }
int unlink(const char *path) { return refuses(path) ? -1 : REAL(unlink)(path); }
int chmod(const char *path, mode_t mode) { return refuses(path) ? -1 : REAL(chmod)(path, mode); }
int link(const char *from, const char *to) {
    return refuses(from) || refuses(to) ? -1 : REAL(link)(from, to);
}
int rename(const char *from, const char *to) {
    return refuses(from) || refuses(to) ? -1 : REAL(rename)(from, to);
}
