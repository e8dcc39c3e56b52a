// Linked into everything that Scripts/sanitize builds. REPORTS is where reports go, each process's into a file of its own:
// a test that starts the executable reads what that prints, and gives it an environment of its own.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef ADDRESS
// Leaks are looked for at the end of a process, and one that calls exit leaves much behind on purpose.
const char *__asan_default_options(void) { return "detect_leaks=0:log_path=" REPORTS; }
#endif

#ifdef THREAD
// A report does not change how a process ends: tests judge exit statuses, and the script that there are no reports.
const char *__tsan_default_options(void) { return "exitcode=0:log_path=" REPORTS; }

// Synchronization.Mutex takes and gives up a lock in the caller's code where nobody else wants it: ThreadSanitizer sees
// that. Where somebody does, libswiftSynchronization goes through the kernel (FUTEX_LOCK_PI and FUTEX_UNLOCK_PI), and it
// is not built with ThreadSanitizer: the lock's order is missed, and all that it guards is reported as a race. Here those
// two functions tell what they do. Nothing is suppressed by it.
void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// Where the library has the function of that name.
static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

// _MutexHandle._lockSlow(_:) of Swift's Synchronization module; the handle is the word that the fast path exchanges.
SWIFT void lock_slow(uint32_t thread, SELF void *handle) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void lock_slow(uint32_t thread, SELF void *handle) {
  SWIFT void (*lock)(uint32_t, SELF void *) = next("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
  lock(thread, handle);
  __tsan_acquire(handle);
}

// _MutexHandle._tryLockSlow()
SWIFT bool try_lock_slow(SELF void *handle) __asm__("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
SWIFT bool try_lock_slow(SELF void *handle) {
  SWIFT bool (*lock)(SELF void *) = next("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
  bool locked = lock(handle);
  if (locked) __tsan_acquire(handle);
  return locked;
}

// _MutexHandle._unlockSlow()
SWIFT void unlock_slow(SELF void *handle) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
SWIFT void unlock_slow(SELF void *handle) {
  SWIFT void (*unlock)(SELF void *) = next("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
  __tsan_release(handle);
  unlock(handle);
}
#endif
