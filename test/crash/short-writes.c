/* Preloaded: write(2) to a regular file takes only a part, as the kernel may. strace could only lie about the count. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t write(int fd, const void *bytes, size_t count) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  struct stat file;
  const char *limit = getenv("SHORT_WRITE");
  if (limit && count > 1 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode)) {
    long taken = atol(limit);
    if (taken <= 0) taken = (long)count + taken;
    if (taken < (long)count) count = (size_t)taken;
  }
  return real(fd, bytes, count);
}
