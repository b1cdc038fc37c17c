/* Stands in for the C library's calls that reach the disk, counts those on paths below one folder, and
 * makes one of them fail: the n-th. `scripts/check-faults` says what for.
 *
 *   FAULTS_ROOT  the folder, an absolute path without links
 *   FAULTS_LOG   a file to which a line "n class call path" is added for each call; class is `w` for what
 *                alters the disk, `o` for reading opens, `r` for reads, `s` for looks (stat), `l` for locks
 *   FAULTS_AT    n; without it calls are only counted
 *   FAULTS_KIND  an error's name (EINTR fails once, as the others do); `full`: ENOSPC for this and all
 *                later calls that alter the disk; `short`: half of the bytes are written and the next
 *                write to the same file fails with ENOSPC; `kill`: the process dies before the call;
 *                `killed`: after it; `torn`: after half of its bytes
 *
 * Calls of libsqlite3 count as well. What stdio writes to its streams doesn't: glibc makes those calls
 * within itself. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* What becomes of a call. */
struct fate {
    int error;  /* it fails with this */
    int halves; /* only half of its bytes are written */
    int dies;   /* the process ends after it */
};

static struct {
    char root[PATH_MAX];
    size_t root_length;
    const char *kind;
    int error, at, log;
} settings = {.log = -1};

static atomic_int calls;
/* The descriptor of which the next write fails, after a short one. */
static atomic_int full_descriptor = -1;

static const struct {
    const char *name;
    int number;
} errors[] = {{"EIO", EIO},     {"ENOSPC", ENOSPC}, {"EINTR", EINTR}, {"EACCES", EACCES},
              {"EROFS", EROFS}, {"ENOLCK", ENOLCK}, {"full", ENOSPC}, {"EMFILE", EMFILE}};

__attribute__((constructor)) static void begin(void) {
    const char *root = getenv("FAULTS_ROOT"), *log = getenv("FAULTS_LOG");
    const char *at = getenv("FAULTS_AT"), *kind = getenv("FAULTS_KIND");
    if (!root) return;
    snprintf(settings.root, sizeof settings.root, "%s/", root);
    settings.root_length = strlen(settings.root);
    settings.at = at ? atoi(at) : 0;
    settings.kind = kind ? kind : "";
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (!strcmp(errors[i].name, settings.kind)) settings.error = errors[i].number;
    if (!log) return;
    int opened =
        syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    settings.log = syscall(SYS_fcntl, opened, F_DUPFD_CLOEXEC, 500);
    syscall(SYS_close, opened);
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

static void note(const char *text, int length) {
    if (settings.log >= 0) syscall(SYS_write, settings.log, text, length);
}

/* Whether the call is the one, and what becomes of it. `path` is absolute. */
static struct fate fate_of(const char *call, char class, const char *path, int descriptor) {
    struct fate fate = {0};
    if (!settings.root_length || strncmp(path, settings.root, settings.root_length)) return fate;
    int saved = errno, n = atomic_fetch_add(&calls, 1) + 1;
    char line[PATH_MAX + 64];
    int isIt = n == settings.at,
        length = snprintf(line, sizeof line, "%s%d %c %s %s\n", isIt ? "! " : "", n, class, call,
                          path + settings.root_length);
    note(line, length < (int)sizeof line ? length : (int)sizeof line - 1);
    if (isIt && !strcmp(settings.kind, "kill")) die();
    if (isIt && !strcmp(settings.kind, "killed")) fate.dies = 1;
    if (isIt && !strcmp(settings.kind, "torn")) fate.halves = fate.dies = 1;
    if (isIt && !strcmp(settings.kind, "short")) {
        fate.halves = 1;
        atomic_store(&full_descriptor, descriptor);
    } else if (descriptor >= 0 && class == 'w' && atomic_load(&full_descriptor) == descriptor) {
        atomic_store(&full_descriptor, -1);
        fate.error = ENOSPC;
    }
    if (isIt) fate.error = settings.error;
    if (settings.at && n > settings.at && class == 'w' && !strcmp(settings.kind, "full") &&
        strncmp(call, "unlink", 6) && strcmp(call, "rmdir"))
        fate.error = ENOSPC;
    errno = saved;
    return fate;
}

/* The path of an open descriptor: the system knows it, also of a copied one. */
static void path_of(int descriptor, char *path) {
    char link[64];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
    errno = saved;
}

static struct fate fate_at(const char *call, char class, int folder, const char *name) {
    char path[2 * PATH_MAX] = "";
    int saved = errno;
    if (name[0] != '/') {
        if (folder == AT_FDCWD) {
            if (syscall(SYS_getcwd, path, PATH_MAX) < 0) path[0] = 0;
        } else {
            path_of(folder, path);
        }
        strncat(path, "/", 1);
        while (!strncmp(name, "./", 2)) name += 2;
    }
    strncat(path, name, PATH_MAX - 1);
    errno = saved;
    return fate_of(call, class, path, -1);
}

static struct fate fate_on(const char *call, char class, int descriptor) {
    char path[PATH_MAX];
    path_of(descriptor, path);
    return fate_of(call, class, path, descriptor);
}

static void after(struct fate fate) {
    if (fate.dies) die();
}

/* A stand-in: the result of `call` unless `fate` is an error, which gives `failure`. */
#define STAND_IN(type, name, parameters, arguments, judged, failure)                               \
    type name parameters {                                                                         \
        static __typeof__(name) *real;                                                             \
        if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);                             \
        struct fate fate = judged;                                                                 \
        if (fate.error) return errno = fate.error, failure;                                        \
        type result = real arguments;                                                              \
        after(fate);                                                                               \
        return result;                                                                             \
    }

#define AT(name, class, folder, path) fate_at(#name, class, folder, path)
#define ON(name, class, descriptor) fate_on(#name, class, descriptor)
#define HERE AT_FDCWD

/* MARK: Opening */

static char open_class(int flags) {
    return flags & (O_CREAT | O_TRUNC) || (flags & O_ACCMODE) != O_RDONLY ? 'w' : 'o';
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...) {                                                   \
        static int (*real)(const char *, int, ...);                                                \
        if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);                \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;                    \
        va_end(list);                                                                              \
        struct fate fate = fate_at("open", open_class(flags), HERE, path);                         \
        if (fate.error) return errno = fate.error, -1;                                             \
        int result = real(path, flags, mode);                                                      \
        after(fate);                                                                               \
        return result;                                                                             \
    }
#define OPENAT(name)                                                                               \
    int name(int folder, const char *path, int flags, ...) {                                       \
        static int (*real)(int, const char *, int, ...);                                           \
        if (!real) real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, #name);           \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;                    \
        va_end(list);                                                                              \
        struct fate fate = fate_at("open", open_class(flags), folder, path);                       \
        if (fate.error) return errno = fate.error, -1;                                             \
        int result = real(folder, path, flags, mode);                                              \
        after(fate);                                                                               \
        return result;                                                                             \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);
STAND_IN(int, __open_2, (const char *p, int f), (p, f), fate_at("open", open_class(f), HERE, p), -1)
STAND_IN(int, __open64_2, (const char *p, int f), (p, f), fate_at("open", open_class(f), HERE, p),
         -1)
STAND_IN(int, __openat_2, (int d, const char *p, int f), (d, p, f),
         fate_at("open", open_class(f), d, p), -1)
STAND_IN(int, __openat64_2, (int d, const char *p, int f), (d, p, f),
         fate_at("open", open_class(f), d, p), -1)
STAND_IN(int, creat, (const char *p, mode_t m), (p, m), AT(creat, 'w', HERE, p), -1)
STAND_IN(int, creat64, (const char *p, mode_t m), (p, m), AT(creat, 'w', HERE, p), -1)
STAND_IN(FILE *, fopen, (const char *p, const char *m), (p, m),
         AT(fopen, m[0] == 'r' && !strchr(m, '+') ? 'o' : 'w', HERE, p), NULL)
STAND_IN(FILE *, fopen64, (const char *p, const char *m), (p, m),
         AT(fopen, m[0] == 'r' && !strchr(m, '+') ? 'o' : 'w', HERE, p), NULL)
STAND_IN(DIR *, opendir, (const char *p), (p), AT(opendir, 'o', HERE, p), NULL)
STAND_IN(FTS *, fts_open, (char *const *p, int f, int (*c)(const FTSENT **, const FTSENT **)),
         (p, f, c), AT(fts_open, 'o', HERE, p[0]), NULL)

/* MARK: Reading and writing */

#define WRITE(name, parameters, count, arguments)                                                  \
    ssize_t name parameters {                                                                      \
        static __typeof__(name) *real;                                                             \
        if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);                             \
        struct fate fate = fate_on(#name, 'w', descriptor);                                        \
        if (fate.error) return errno = fate.error, -1;                                             \
        if (fate.halves && count > 1) count /= 2;                                                  \
        ssize_t result = real arguments;                                                           \
        after(fate);                                                                               \
        return result;                                                                             \
    }
WRITE(write, (int descriptor, const void *b, size_t n), n, (descriptor, b, n))
WRITE(pwrite, (int descriptor, const void *b, size_t n, off_t o), n, (descriptor, b, n, o))
WRITE(pwrite64, (int descriptor, const void *b, size_t n, off64_t o), n, (descriptor, b, n, o))
WRITE(writev, (int descriptor, const struct iovec *v, int n), n, (descriptor, v, n))
WRITE(pwritev, (int descriptor, const struct iovec *v, int n, off_t o), n, (descriptor, v, n, o))
WRITE(sendfile, (int descriptor, int in, off_t *o, size_t n), n, (descriptor, in, o, n))
WRITE(sendfile64, (int descriptor, int in, off64_t *o, size_t n), n, (descriptor, in, o, n))

STAND_IN(ssize_t, copy_file_range, (int i, off64_t *a, int d, off64_t *b, size_t n, unsigned f),
         (i, a, d, b, n, f), ON(copy_file_range, 'w', d), -1)
STAND_IN(ssize_t, read, (int d, void *b, size_t n), (d, b, n), ON(read, 'r', d), -1)
STAND_IN(ssize_t, pread, (int d, void *b, size_t n, off_t o), (d, b, n, o), ON(pread, 'r', d), -1)
STAND_IN(ssize_t, pread64, (int d, void *b, size_t n, off64_t o), (d, b, n, o), ON(pread64, 'r', d),
         -1)
STAND_IN(ssize_t, readv, (int d, const struct iovec *v, int n), (d, v, n), ON(readv, 'r', d), -1)
STAND_IN(int, fsync, (int d), (d), ON(fsync, 'w', d), -1)
STAND_IN(int, fdatasync, (int d), (d), ON(fdatasync, 'w', d), -1)
STAND_IN(int, ftruncate, (int d, off_t n), (d, n), ON(ftruncate, 'w', d), -1)
STAND_IN(int, ftruncate64, (int d, off64_t n), (d, n), ON(ftruncate64, 'w', d), -1)
STAND_IN(int, truncate, (const char *p, off_t n), (p, n), AT(truncate, 'w', HERE, p), -1)
STAND_IN(int, fallocate, (int d, int m, off_t o, off_t n), (d, m, o, n), ON(fallocate, 'w', d), -1)
STAND_IN(int, fallocate64, (int d, int m, off64_t o, off64_t n), (d, m, o, n),
         ON(fallocate, 'w', d), -1)
/* Returns the error instead of setting errno. */
STAND_IN(int, posix_fallocate, (int d, off_t o, off_t n), (d, o, n), ON(posix_fallocate, 'w', d),
         errno)
STAND_IN(int, posix_fallocate64, (int d, off64_t o, off64_t n), (d, o, n),
         ON(posix_fallocate, 'w', d), errno)

/* MARK: Names */

STAND_IN(int, rename, (const char *a, const char *b), (a, b), AT(rename, 'w', HERE, b), -1)
STAND_IN(int, renameat, (int d, const char *a, int e, const char *b), (d, a, e, b),
         AT(renameat, 'w', e, b), -1)
STAND_IN(int, renameat2, (int d, const char *a, int e, const char *b, unsigned f), (d, a, e, b, f),
         AT(renameat2, 'w', e, b), -1)
STAND_IN(int, link, (const char *a, const char *b), (a, b), AT(link, 'w', HERE, b), -1)
STAND_IN(int, linkat, (int d, const char *a, int e, const char *b, int f), (d, a, e, b, f),
         AT(linkat, 'w', e, b), -1)
STAND_IN(int, symlink, (const char *a, const char *b), (a, b), AT(symlink, 'w', HERE, b), -1)
STAND_IN(int, symlinkat, (const char *a, int d, const char *b), (a, d, b), AT(symlinkat, 'w', d, b),
         -1)
STAND_IN(int, unlink, (const char *p), (p), AT(unlink, 'w', HERE, p), -1)
STAND_IN(int, unlinkat, (int d, const char *p, int f), (d, p, f), AT(unlinkat, 'w', d, p), -1)
STAND_IN(int, remove, (const char *p), (p), AT(remove, 'w', HERE, p), -1)
STAND_IN(int, mkdir, (const char *p, mode_t m), (p, m), AT(mkdir, 'w', HERE, p), -1)
STAND_IN(int, mkdirat, (int d, const char *p, mode_t m), (d, p, m), AT(mkdirat, 'w', d, p), -1)
STAND_IN(int, rmdir, (const char *p), (p), AT(rmdir, 'w', HERE, p), -1)
STAND_IN(int, chmod, (const char *p, mode_t m), (p, m), AT(chmod, 'w', HERE, p), -1)
STAND_IN(int, fchmod, (int d, mode_t m), (d, m), ON(fchmod, 'w', d), -1)

/* MARK: Locks and looks */

/* A lock that is waited for may be interrupted, one that is only tried may not. */
STAND_IN(int, flock, (int d, int o), (d, o),
         o &LOCK_UN ? (struct fate){0} : fate_on(o & LOCK_NB ? "flock_nb" : "flock", 'l', d), -1)

#define FCNTL(name)                                                                                \
    int name(int descriptor, int command, ...) {                                                   \
        static int (*real)(int, int, ...);                                                         \
        if (!real) real = (int (*)(int, int, ...))dlsym(RTLD_NEXT, #name);                         \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        int isLock = (command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||       \
                      command == F_OFD_SETLKW) &&                                                  \
                     ((struct flock *)argument)->l_type != F_UNLCK;                                \
        struct fate fate = isLock ? fate_on("fcntl_lock", 'l', descriptor) : (struct fate){0};     \
        if (fate.error) return errno = fate.error, -1;                                             \
        int result = real(descriptor, command, argument);                                          \
        after(fate);                                                                               \
        return result;                                                                             \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

STAND_IN(int, stat, (const char *p, struct stat *s), (p, s), AT(stat, 's', HERE, p), -1)
STAND_IN(int, stat64, (const char *p, struct stat64 *s), (p, s), AT(stat, 's', HERE, p), -1)
STAND_IN(int, lstat, (const char *p, struct stat *s), (p, s), AT(lstat, 's', HERE, p), -1)
STAND_IN(int, lstat64, (const char *p, struct stat64 *s), (p, s), AT(lstat, 's', HERE, p), -1)
STAND_IN(int, fstatat, (int d, const char *p, struct stat *s, int f), (d, p, s, f),
         AT(fstatat, 's', d, p), -1)
STAND_IN(int, access, (const char *p, int m), (p, m), AT(access, 's', HERE, p), -1)
STAND_IN(int, faccessat, (int d, const char *p, int m, int f), (d, p, m, f),
         AT(faccessat, 's', d, p), -1)
