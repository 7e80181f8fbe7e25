#include "parallel.h"

#include <sched.h>

#include <atomic>
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
/** Workers look for the next loop this often before they sleep: loops come in quick succession within a layer. */
constexpr int kSpins = 2000;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
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

  /** Returns when every task is done, not when every worker has woken up: that alone takes longer than many loops. */
  void run(long tasks, const std::function<void(long)>& work) {
    std::unique_lock<std::mutex> turn(owner_, std::try_to_lock);
    if (!turn.owns_lock()) {  // another thread of this process shares out its loop
      for (long task = 0; task < tasks; task++) work(task);
      return;
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      tasks_ = tasks;
      next_.store(0);
      generation_.fetch_add(1);
    }
    wake_.notify_all();
    take(work, tasks);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = nullptr;  // who wakes up from now on has nothing to do
    }
    while (busy_.load(std::memory_order_acquire) > 0) pause();
  }

  const int count = availableCores();

 private:
  void take(const std::function<void(long)>& work, long tasks) {
    for (long task = next_.fetch_add(1); task < tasks; task = next_.fetch_add(1)) work(task);
  }
  void serve() {
    long seen = 0;
    for (;;) {
      for (int spin = 0; spin < kSpins && generation_.load(std::memory_order_acquire) == seen; spin++) pause();
      const std::function<void(long)>* work = nullptr;
      long tasks = 0;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return generation_.load() != seen; });
        seen = generation_.load();
        work = work_;
        tasks = tasks_;
        if (work) busy_.fetch_add(1);
      }
      if (!work) continue;
      take(*work, tasks);
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::mutex owner_, mutex_;
  std::condition_variable wake_;
  const std::function<void(long)>* work_ = nullptr;
  long tasks_ = 0;
  std::atomic<long> next_{0}, generation_{0};
  std::atomic<int> busy_{0};
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

bool multipliesBfloat16() {
#if defined(__x86_64__)
  uint32_t a = 7, b = 0, c = 1, d = 0;  // leaf 7, subleaf 1: AVX512-BF16 is bit 5 of eax; subleaf 0: AMX-BF16 is bit 22 of edx
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  const bool avx512 = (a >> 5 & 1) != 0;
  a = 7, c = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return avx512 || (d >> 22 & 1) != 0;
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
  return true;
#else
  return false;
#endif
}

/** [version of these operations, threads, whether the CPU multiplies bfloat16]: who finds it knows that all are there. */
struct Version {
  static Op op() { return {"UniarmVersion", {}, {"version: int32"}, {}}; }
  static void compute(Call& call, const Attributes&) {
    auto* version = data<int32_t>(call.output(0, TF_INT32, {3}));
    version[0] = 5;
    version[1] = threads();
    version[2] = multipliesBfloat16() ? 1 : 0;
  }
};
const Register<Version> version;

}  // namespace
}  // namespace uniarm
