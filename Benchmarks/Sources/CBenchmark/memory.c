#define _GNU_SOURCE
#include "CBenchmark.h"
#include "platform.h"

#if defined(__linux__)
#include <features.h>
#include <stdio.h>
#include <unistd.h>
#endif

#if defined(__GLIBC__) && !CB_SANITIZED
#include <malloc.h>
#if __GLIBC_PREREQ(2, 33)
#define CB_HAS_MALLINFO2 1
#endif
#endif

int64_t cb_bytes_in_use(void) {
#ifdef CB_HAS_MALLINFO2
  // Large blocks are mapped on their own and stand in a field of their own.
  struct mallinfo2 info = mallinfo2();
  return (int64_t)info.uordblks + (int64_t)info.hblkhd;
#else
  return -1;
#endif
}

int64_t cb_bytes_resident(void) {
#if defined(__linux__)
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return -1;
  long long size, resident;
  int found = fscanf(file, "%lld %lld", &size, &resident);
  fclose(file);
  return found == 2 ? resident * (int64_t)sysconf(_SC_PAGESIZE) : -1;
#else
  return -1;
#endif
}

void cb_trim(void) {
#ifdef CB_HAS_MALLINFO2
  malloc_trim(0);
#endif
}
