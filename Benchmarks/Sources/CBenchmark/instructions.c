// Counting by single steps: with the trap flag set, the processor interrupts after each
// instruction, and the signal's handler counts. Slow and exact, and it needs neither a performance
// counter, which virtual machines often lack, nor a tool.

#define _GNU_SOURCE
#include "CBenchmark.h"
#include "platform.h"

#if defined(__linux__) && defined(__x86_64__) && !CB_SANITIZED

#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define TRAP_FLAG 0x100

static volatile uint64_t steps;
static volatile uint64_t step_limit;
static volatile int is_over;
/// Steps of a pair of calls with nothing between them.
static int64_t own_steps;

static void on_trap(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  steps = steps + 1;
  if (steps > step_limit) {
    is_over = 1;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(long long)TRAP_FLAG;
  }
}

static struct sigaction earlier;

static void begin(uint64_t limit) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTRAP, &action, &earlier);
  steps = 0;
  step_limit = limit;
  is_over = 0;
  __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
}

static int64_t end(void) {
  __asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
  int64_t count = (int64_t)steps;
  sigaction(SIGTRAP, &earlier, 0);
  return is_over ? -2 : count;
}

__attribute__((noinline)) void cb_spin(uint64_t count) {
  __asm__ volatile("1: decq %0\n\tjnz 1b" : "+r"(count)::"cc");
}

// Not inlined, so that the empty pair has as many instructions as any other.
__attribute__((noinline)) void cb_instructions_begin(uint64_t limit) { begin(limit); }

__attribute__((noinline)) int64_t cb_instructions_end(void) {
  if (!cb_can_count_instructions()) return -1;
  int64_t count = end();
  return count < 0 ? count : count - own_steps;
}

int cb_can_count_instructions(void) {
  static int answer = -1;
  if (answer >= 0) return answer;
  answer = 1;
  own_steps = 0;
  cb_instructions_begin(10000);
  int64_t empty = cb_instructions_end();
  cb_instructions_begin(10000);
  cb_spin(100);
  int64_t shorter = cb_instructions_end();
  cb_instructions_begin(10000);
  cb_spin(600);
  int64_t longer = cb_instructions_end();
  own_steps = empty;
  // An emulator may keep the flag and never trap.
  answer = empty > 0 && longer - shorter == 1000;
  return answer;
}

#else

int cb_can_count_instructions(void) { return 0; }
void cb_instructions_begin(uint64_t limit) { (void)limit; }
int64_t cb_instructions_end(void) { return -1; }
void cb_spin(uint64_t count) {
  for (volatile uint64_t rest = count; rest != 0; rest = rest - 1) {
  }
}

#endif
