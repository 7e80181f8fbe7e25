#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,fma")

namespace uniarm {
namespace avx512 {

#include "block-lanes-512.h"

static inline Sums dot(Sums sums, Line line, Pair both) { return _mm512_add_epi32(sums, _mm512_madd_epi16(line, both)); }

#include "block-product.h"

}  // namespace avx512
}  // namespace uniarm
#pragma GCC pop_options

namespace uniarm {
BlockProduct avx512Product() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") ? &avx512::product : nullptr;
}
}  // namespace uniarm
#else
namespace uniarm {
BlockProduct avx512Product() { return nullptr; }
}  // namespace uniarm
#endif
