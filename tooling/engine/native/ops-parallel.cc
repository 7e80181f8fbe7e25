#include "parallel.h"

#include <sched.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "op.h"

namespace uniarm {
namespace {

/** Below this a loop ends before a second core has woken up. */
constexpr double kWorthSharing = 100000;
/**
 * How long a thread looks for what it waits for before it sleeps: loops come in quick succession within a layer, but who spins
 * takes the core from whoever else could use it, often from the very thread that it waits for.
 */
constexpr std::chrono::nanoseconds kSpin{4000};
constexpr int kPausesALook = 16;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/** Whether `found` came true within kSpin. */
template <class Found>
bool spinFor(const Found& found) {
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int pauses = 0; pauses < kPausesALook; pauses++) {
      if (found()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return found();
}

int availableCores() {
  if (const char* text = std::getenv("TF_NUM_INTRAOP_THREADS")) {
    const int wanted = std::atoi(text);
    if (wanted > 0) return wanted;
  }
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? static_cast<int>(count) : 1;
}

/** Never destroyed: its threads sleep when the process ends. */
class Pool {
 public:
  Pool() {
    for (int worker = 1; worker < count; worker++) std::thread([this] { serve(); }).detach();
  }

  /**
   * Returns when every task is done, not when every worker has woken up: that alone takes longer than many loops. Tasks go to
   * whoever is free, so a thread whose core is taken by another process holds up one of them and no more.
   */
  void run(long tasks, const std::function<void(long)>& work) {
    std::unique_lock<std::mutex> turn(owner_, std::try_to_lock);
    if (!turn.owns_lock()) {  // another thread of this process shares out its loop
      for (long task = 0; task < tasks; task++) work(task);
      return;
    }
    bool someSleep = false;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      tasks_ = tasks;
      next_.store(0);
      generation_.fetch_add(1);
      someSleep = sleeping_ > 0;
    }
    if (someSleep) wake_.notify_all();
    take(work, tasks);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = nullptr;  // who wakes up from now on has nothing to do
    }
    const auto isDone = [this] { return busy_.load() == 0; };
    if (spinFor(isDone)) return;
    std::unique_lock<std::mutex> lock(mutex_);
    ownerSleeps_.store(true);
    done_.wait(lock, isDone);
    ownerSleeps_.store(false);
  }

  const int count = availableCores();

 private:
  void take(const std::function<void(long)>& work, long tasks) {
    for (long task = next_.fetch_add(1); task < tasks; task = next_.fetch_add(1)) work(task);
  }
  void serve() {
    long seen = 0;
    const auto isNew = [this, &seen] { return generation_.load() != seen; };
    for (;;) {
      spinFor(isNew);
      const std::function<void(long)>* work = nullptr;
      long tasks = 0;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        sleeping_ += 1;
        wake_.wait(lock, isNew);
        sleeping_ -= 1;
        seen = generation_.load();
        work = work_;
        tasks = tasks_;
        if (work) busy_.fetch_add(1);
      }
      if (!work) continue;
      take(*work, tasks);
      if (busy_.fetch_sub(1) == 1 && ownerSleeps_.load()) {
        std::lock_guard<std::mutex> lock(mutex_);  // it looks and falls asleep under the lock: it cannot miss this
        done_.notify_one();
      }
    }
  }

  std::mutex owner_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(long)>* work_ = nullptr;
  long tasks_ = 0;
  int sleeping_ = 0;
  std::atomic<long> next_{0}, generation_{0};
  std::atomic<int> busy_{0};
  std::atomic<bool> ownerSleeps_{false};
};

Pool& pool() {
  static Pool* const shared = new Pool();
  return *shared;
}

}  // namespace

int threads() { return pool().count; }

void parallel(long tasks, double cost, const std::function<void(long)>& work) {
  if (tasks > 1 && cost > kWorthSharing && threads() > 1) {
    pool().run(tasks, work);
    return;
  }
  for (long task = 0; task < tasks; task++) work(task);
}

namespace {

/**
 * Whether products of bfloat16 numbers are faster than those of the same numbers widened. Without AMX, Intel's cores take one and a
 * half times as long for them.
 */
bool multipliesBfloat16() {
#if defined(__x86_64__)
  uint32_t a = 7, b = 0, c = 1, d = 0;  // leaf 7, subleaf 1: AVX512-BF16 is bit 5 of eax; subleaf 0: AMX-BF16 is bit 22 of edx
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  const bool avx512 = (a >> 5 & 1) != 0;
  a = 7, c = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  const bool amx = (d >> 22 & 1) != 0;
  a = 0, c = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  const bool isIntel = b == 0x756e6547;  // "Genu"
  return amx || (avx512 && !isIntel);
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
  return true;
#else
  return false;
#endif
}

/** [version of these operations, threads, whether the CPU multiplies bfloat16 well]: who finds it knows that all are there. */
struct Version {
  static Op op() { return {"UniarmVersion", {}, {"version: int32"}, {}}; }
  static void compute(Call& call, const Attributes&) {
    auto* version = data<int32_t>(call.output(0, TF_INT32, {3}));
    version[0] = 8;
    version[1] = threads();
    version[2] = multipliesBfloat16() ? 1 : 0;
  }
};
const Register<Version> version;

}  // namespace
}  // namespace uniarm
