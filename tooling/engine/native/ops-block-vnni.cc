#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma")

namespace uniarm {
namespace vnni {

#include "block-lanes-512.h"

template <bool>
struct Way : Bytes {
  static Line factors(Line weights) { return weights; }
  static Sums begin(int32_t start) { return _mm512_set1_epi32(start); }
  static Sums dot(Sums sums, Line weights, const int8_t* from) { return _mm512_dpbusd_epi32(sums, weights, four(from)); }
  static Sums whole(Sums sums, int32_t) { return sums; }
};

#include "block-product.h"

}  // namespace vnni
}  // namespace uniarm
#pragma GCC pop_options

namespace uniarm {
BlockProduct avx512VnniProduct() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni") ? &vnni::product : nullptr;
}
}  // namespace uniarm
#else
namespace uniarm {
BlockProduct avx512VnniProduct() { return nullptr; }
}  // namespace uniarm
#endif
