// Counting by standing in for malloc and its kin. glibc keeps its own under other names, which the
// replacements call; the Swift runtime's allocations come through here as well.

#include "CBenchmark.h"
#include "platform.h"

#if defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__) && !CB_SANITIZED

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_int is_counting;
static atomic_llong allocations;

static inline void note(void) {
  if (atomic_load_explicit(&is_counting, memory_order_relaxed))
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
  note();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note();
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  note();
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  note();
  void *found = __libc_memalign(alignment, size);
  if (!found) return ENOMEM;
  *memory = found;
  return 0;
}

int cb_can_count_allocations(void) { return 1; }

void cb_allocations_begin(void) {
  atomic_store(&allocations, 0);
  atomic_store(&is_counting, 1);
}

int64_t cb_allocations_end(void) {
  atomic_store(&is_counting, 0);
  return (int64_t)atomic_load(&allocations);
}

#else

int cb_can_count_allocations(void) { return 0; }
void cb_allocations_begin(void) {}
int64_t cb_allocations_end(void) { return -1; }

#endif
