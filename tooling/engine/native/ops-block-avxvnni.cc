#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avxvnni")

namespace uniarm {
namespace avxvnni {

#include "block-lanes-256.h"

template <bool>
struct Way : Bytes {
  static Line factors(Line weights) { return weights; }
  static Sums begin(int32_t start) { return _mm256_set1_epi32(start); }
  static Sums dot(Sums sums, Line weights, const int8_t* from) { return _mm256_dpbusd_avx_epi32(sums, weights, four(from)); }
  static Sums whole(Sums sums, int32_t) { return sums; }
};

#include "block-product.h"

}  // namespace avxvnni
}  // namespace uniarm
#pragma GCC pop_options

namespace uniarm {
BlockProduct avxVnniProduct() {
  return __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("avxvnni") ? &avxvnni::product : nullptr;
}
}  // namespace uniarm
#else
namespace uniarm {
BlockProduct avxVnniProduct() { return nullptr; }
}  // namespace uniarm
#endif
