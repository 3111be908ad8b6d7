#define _GNU_SOURCE
#include "CBenchmark.h"
#include "platform.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#include <sys/personality.h>
#endif

void cb_restart_deterministically(const char *variable, char *const arguments[]) {
#if defined(__linux__)
  if (getenv(variable)) return;
  if (setenv(variable, "1", 1) != 0) return;
  // The C library copies and compares with whatever the processor has. With what nearly all of them
  // have, a message takes the same instructions on each, and under valgrind.
  setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM", 0);
  // Where a container forbids this, addresses differ from run to run, which is seldom seen in a
  // count of instructions.
  int persona = personality(0xffffffff);
  if (persona != -1) personality((unsigned long)persona | ADDR_NO_RANDOMIZE);
  execv("/proc/self/exe", arguments);
#else
  (void)variable;
  (void)arguments;
#endif
}

static int64_t reading(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t cb_processor_nanoseconds(void) { return reading(CLOCK_PROCESS_CPUTIME_ID); }

int64_t cb_nanoseconds(void) { return reading(CLOCK_MONOTONIC); }

int64_t cb_thread_preemptions(void) {
#if defined(__linux__)
  struct rusage usage;
  return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
#else
  return 0;
#endif
}

void cb_thread_keep_to(int number) {
#if defined(__linux__)
  static cpu_set_t all;
  static int is_known;
  if (!is_known) {
    if (sched_getaffinity(0, sizeof all, &all) != 0) return;
    is_known = 1;
  }
  cpu_set_t wanted = all;
  if (number >= 0) {
    int left = number % CPU_COUNT(&all);
    CPU_ZERO(&wanted);
    for (int index = 0; index < CPU_SETSIZE; index++) {
      if (!CPU_ISSET(index, &all) || left-- > 0) continue;
      CPU_SET(index, &wanted);
      break;
    }
  }
  sched_setaffinity(0, sizeof wanted, &wanted);
#else
  (void)number;
#endif
}

static volatile int64_t sink;

__attribute__((noinline)) void cb_consume(int64_t value) { sink = value; }
