// Splits loops over the cores. TensorFlow does not hand its own threads to kernels of the C API.
#pragma once
#include <functional>

namespace uniarm {

/**
 * Calls work(task) for every task in 0..tasks-1, on all cores when `cost` (about: multiplications in all) pays for it. Tasks go
 * to whoever is free: what one of them computes may depend neither on who takes it nor on how many threads there are. Many
 * small tasks are better than one a thread, for another process may take a core away in the middle.
 */
void parallel(long tasks, double cost, const std::function<void(long)>& work);

/** Cores that `parallel` uses: TF_NUM_INTRAOP_THREADS, else those that this process may run on. */
int threads();

}  // namespace uniarm
