#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx2,fma")

namespace uniarm {
namespace avx2 {

#include "block-lanes-256.h"

static inline Sums dot(Sums sums, Line line, Pair both) { return _mm256_add_epi32(sums, _mm256_madd_epi16(line, both)); }

#include "block-product.h"

}  // namespace avx2
}  // namespace uniarm
#pragma GCC pop_options

namespace uniarm {
BlockProduct avx2Product() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2::product : nullptr;
}
}  // namespace uniarm
#else
namespace uniarm {
BlockProduct avx2Product() { return nullptr; }
}  // namespace uniarm
#endif
