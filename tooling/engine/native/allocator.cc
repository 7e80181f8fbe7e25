// TensorFlow takes every temporary from malloc, and glibc maps blocks from 128 KB (at most 32 MB) on anew each time: every
// page of every result then faults. With these settings freed blocks are kept and used again; the user's own win.
#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>

namespace {

constexpr int kLargestThreshold = 32 << 20;  // glibc's own limit for M_MMAP_THRESHOLD
constexpr int kKeptAtTheTop = 512 << 20;     // more free memory than this at the heap's end goes back to the system

__attribute__((constructor)) void keep_freed_blocks() {
  if (std::getenv("MALLOC_MMAP_THRESHOLD_") == nullptr) mallopt(M_MMAP_THRESHOLD, kLargestThreshold);
  if (std::getenv("MALLOC_TRIM_THRESHOLD_") == nullptr) mallopt(M_TRIM_THRESHOLD, kKeptAtTheTop);
}

}  // namespace
#endif
