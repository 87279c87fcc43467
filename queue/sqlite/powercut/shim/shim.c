// Preloaded into a process (LD_PRELOAD), this writes down everything that the
// process does to the files of one directory through the C library, as SQLite
// does, and when it asks for it to be made durable: see journal.go for the
// form. It carries every operation out, but flushes, which cost time and would
// prove nothing: what counts is when they were asked for.
//
// One lock over each operation and its record keeps the two in one order. The
// descriptor of the journal is append-only and each record is one write, so
// that others, the process itself too, may write records between.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS 4096

struct head { // 32 bytes, little-endian as the machines are that this is for.
	char magic[4];
	uint8_t op, flags;
	uint16_t path;
	uint64_t inode;
	int64_t offset;
	uint32_t data, zero;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static const char *dir;
static size_t dir_length;
static long die_at, delay_us, log_syncs; // log_syncs counts the flushes of write-ahead logs.
static uint64_t inodes[FDS];             // Of the descriptors that are watched, else 0.
static uint8_t logs[FDS];                // Whether it is a write-ahead log.

static long number(const char *name) {
	const char *s = getenv(name);
	return s ? strtol(s, 0, 10) : 0;
}

__attribute__((constructor)) static void start(void) {
	const char *path = getenv("POWERCUT_JOURNAL");
	dir = getenv("POWERCUT_DIR");
	if (!path || !dir) return;
	dir_length = strlen(dir);
	die_at = number("POWERCUT_DIE_AT_SYNC");
	delay_us = number("POWERCUT_SYNC_US");
	journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (journal < 0) _exit(121);
}

static int ends(const char *s, const char *end) {
	size_t n = strlen(s), m = strlen(end);
	return n >= m && !strcmp(s + n - m, end);
}

// The directory and what is in it, but not below that. A shared-memory file is
// no file of the disk: it does not survive a cut.
static int watched(const char *path) {
	return journal >= 0 && path && !strncmp(path, dir, dir_length) &&
	       (!path[dir_length] || (path[dir_length] == '/' && !strchr(path + dir_length + 1, '/'))) && !ends(path, "-shm");
}

static int watched_fd(int fd) { return fd >= 0 && fd < FDS && inodes[fd]; }

static void record(int op, int flags, uint64_t inode, int64_t offset, const char *path, const void *data, size_t n) {
	struct head h = {{'X', 'M', 'P', 'C'}, op, flags, path ? strlen(path) : 0, inode, offset, n, 0};
	struct iovec v[3] = {{&h, sizeof h}, {(void *)path, h.path}, {(void *)data, n}};
	ssize_t want = sizeof h + h.path + n;
	int saved = errno;
	if (syscall(SYS_writev, journal, v, 3) != want) _exit(122);
	errno = saved;
}

static int open_at(int at, const char *path, int flags, mode_t mode) {
	if (!watched(path)) return syscall(SYS_openat, at, path, flags, mode);
	pthread_mutex_lock(&lock);
	struct stat st;
	int made = (flags & O_CREAT) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
	int fd = syscall(SYS_openat, at, path, flags, mode);
	if (fd >= FDS) record('?', 0, 0, fd, "too many descriptors", 0, 0);
	if (fd >= 0 && fd < FDS && fstat(fd, &st) == 0) {
		inodes[fd] = st.st_ino;
		logs[fd] = ends(path, "-wal");
		record('O', (made ? 1 : 0) | (S_ISDIR(st.st_mode) ? 2 : 0), st.st_ino, 0, path, 0, 0);
		if ((flags & O_TRUNC) && !made) record('T', 0, st.st_ino, 0, 0, 0, 0);
		if (flags & O_APPEND) record('?', 0, 0, 0, "O_APPEND", 0, 0);
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

#define MODE(flags) \
	mode_t mode = 0; \
	if ((flags) & (O_CREAT | O_TMPFILE)) { \
		va_list list; \
		va_start(list, flags); \
		mode = va_arg(list, mode_t); \
		va_end(list); \
	}

int open(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags | O_LARGEFILE, mode); }

int close(int fd) {
	if (watched_fd(fd)) {
		pthread_mutex_lock(&lock);
		inodes[fd] = 0;
		pthread_mutex_unlock(&lock);
	}
	return syscall(SYS_close, fd);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) {
	if (!watched_fd(fd)) return syscall(SYS_pwrite64, fd, data, n, at);
	pthread_mutex_lock(&lock);
	ssize_t done = syscall(SYS_pwrite64, fd, data, n, at);
	if (done > 0) record('W', 0, inodes[fd], at, 0, data, done);
	pthread_mutex_unlock(&lock);
	return done;
}
ssize_t pwrite(int fd, const void *data, size_t n, off_t at) { return pwrite64(fd, data, n, at); }

ssize_t write(int fd, const void *data, size_t n) {
	if (!watched_fd(fd)) return syscall(SYS_write, fd, data, n);
	pthread_mutex_lock(&lock);
	off_t at = syscall(SYS_lseek, fd, 0, SEEK_CUR);
	ssize_t done = syscall(SYS_write, fd, data, n);
	if (done > 0) record('W', 0, inodes[fd], at, 0, data, done);
	pthread_mutex_unlock(&lock);
	return done;
}

int ftruncate64(int fd, off64_t size) {
	if (!watched_fd(fd)) return syscall(SYS_ftruncate, fd, size);
	pthread_mutex_lock(&lock);
	int failed = syscall(SYS_ftruncate, fd, size);
	if (!failed) record('T', 0, inodes[fd], size, 0, 0, 0);
	pthread_mutex_unlock(&lock);
	return failed;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

// What is not modelled is written down, so that a test that met it can say so.
int posix_fallocate(int fd, off_t at, off_t n) {
	if (watched_fd(fd)) record('?', 0, 0, 0, "posix_fallocate", 0, 0);
	return syscall(SYS_fallocate, fd, 0, at, n) ? errno : 0;
}
int posix_fallocate64(int fd, off64_t at, off64_t n) { return posix_fallocate(fd, at, n); }

void *mmap64(void *where, size_t n, int protection, int flags, int fd, off64_t at) {
	if (watched_fd(fd) && (protection & PROT_WRITE)) record('?', 0, 0, 0, "mmap for writing", 0, 0);
	return (void *)syscall(SYS_mmap, where, n, protection, flags, fd, at);
}
void *mmap(void *where, size_t n, int protection, int flags, int fd, off_t at) {
	return mmap64(where, n, protection, flags, fd, at);
}

// The record comes first: it covers what was written before, not what another
// thread writes while this one waits for the disk.
static int flush(int fd, long call) {
	if (!watched_fd(fd)) return syscall(call, fd);
	pthread_mutex_lock(&lock);
	if (logs[fd] && ++log_syncs == die_at) syscall(SYS_kill, getpid(), SIGKILL);
	record('S', 0, inodes[fd], 0, 0, 0, 0);
	pthread_mutex_unlock(&lock);
	struct timespec wait = {delay_us / 1000000, delay_us % 1000000 * 1000};
	if (delay_us) nanosleep(&wait, 0);
	return 0;
}
int fsync(int fd) { return flush(fd, SYS_fsync); }
int fdatasync(int fd) { return flush(fd, SYS_fdatasync); }

int unlink(const char *path) {
	if (!watched(path)) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	pthread_mutex_lock(&lock);
	int failed = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	if (!failed) record('U', 0, 0, 0, path, 0, 0);
	pthread_mutex_unlock(&lock);
	return failed;
}

int rename(const char *from, const char *to) {
	if (watched(from) || watched(to)) record('?', 0, 0, 0, "rename", 0, 0);
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
