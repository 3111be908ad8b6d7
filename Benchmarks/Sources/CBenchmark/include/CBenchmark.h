// What a benchmark cannot ask Swift for: how many allocations, how many instructions, how many
// bytes. Each answer is a negative number where the platform does not give it.

#ifndef CBENCHMARK_H
#define CBENCHMARK_H

#include <stdint.h>

// MARK: - Allocations (allocations.c)

/// Whether calls of malloc and its kin can be counted: glibc, and no sanitizer that replaces them.
int cb_can_count_allocations(void);

/// Starts counting the allocations of all threads, from 0.
void cb_allocations_begin(void);

/// Stops counting.
///
/// \return how many allocations there were; -1 where they cannot be counted.
int64_t cb_allocations_end(void);

// MARK: - Instructions (instructions.c)

/// Whether the calling thread's instructions can be counted: Linux on x86-64, no sanitizer, no
/// emulator. The first call tries it out.
int cb_can_count_instructions(void);

/// Starts counting the instructions of the calling thread, one trap each, about ten microseconds
/// apiece.
///
/// \param limit after so many the counting ends by itself.
void cb_instructions_begin(uint64_t limit);

/// Stops counting.
///
/// \return how many instructions were carried out between the two calls, those of an empty pair
/// left out; -1 where they cannot be counted, -2 when there were more than the limit.
int64_t cb_instructions_end(void);

/// Carries out `count` times two instructions and a handful more, for tests of the counter.
void cb_spin(uint64_t count);

// MARK: - Memory (memory.c)

/// Bytes that malloc has handed out and not got back, in all arenas; -1 where it does not say.
int64_t cb_bytes_in_use(void);

/// Bytes of memory that the process has resident; -1 where the system does not say.
int64_t cb_bytes_resident(void);

/// Gives memory that is free back to the system, as far as malloc can.
void cb_trim(void);

// MARK: - The process (process.c)

/// Starts the process anew with the same arguments, with hashing, addresses and ways to copy memory
/// that do not differ from run to run. Returns when that has been done already or cannot be done.
///
/// \param variable the environment variable that tells that it has been done; it is set to 1.
void cb_restart_deterministically(const char *variable, char *const arguments[]);

/// Time that the process has used on all processors, in nanoseconds.
int64_t cb_processor_nanoseconds(void);

/// Time on the monotonic clock, in nanoseconds.
int64_t cb_nanoseconds(void);

/// How often the system has taken the processor away from the calling thread, which did not wait
/// for anything; 0 where it does not say.
int64_t cb_thread_preemptions(void);

/// Keeps the calling thread to one processor of those that the process may use, as far as the system
/// lets it.
///
/// \param number which one, counted from 0; -1 for any. The first call must not come from two threads
/// at once.
void cb_thread_keep_to(int number);

/// A place for results, so that no compiler can tell that nobody reads them.
void cb_consume(int64_t value);

#endif
