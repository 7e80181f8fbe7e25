#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx2,fma,avxvnni")

namespace uniarm {
namespace avxvnni {

#include "block-lanes-256.h"

static inline Sums dot(Sums sums, Line line, Pair both) { return _mm256_dpwssd_avx_epi32(sums, line, both); }

#include "block-product.h"

}  // namespace avxvnni
}  // namespace uniarm
#pragma GCC pop_options

namespace uniarm {
BlockProduct avxVnniProduct() {
  return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avxvnni") ? &avxvnni::product : nullptr;
}
}  // namespace uniarm
#else
namespace uniarm {
BlockProduct avxVnniProduct() { return nullptr; }
}  // namespace uniarm
#endif
