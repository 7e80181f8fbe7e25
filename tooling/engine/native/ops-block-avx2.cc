#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")

namespace uniarm {
namespace avx2 {

#include "block-lanes-256.h"

template <bool eights>
struct Way {
  /** Two products of bytes must fit in 16 bits: weights without their sign, and activations with it. */
  struct Factors {
    Line sizes, signs;
  };
  static Factors factors(Line weights) {
    const Line plain = _mm256_xor_si256(weights, _mm256_set1_epi8(-128));
    return {_mm256_abs_epi8(plain), plain};
  }
  static Sums begin(int32_t) { return _mm256_setzero_si256(); }
  static Sums dot(Sums sums, const Factors& weights, const int8_t* from) {
    const Line products = _mm256_maddubs_epi16(weights.sizes, _mm256_sign_epi8(four(from), weights.signs));
    return _mm256_add_epi32(sums, _mm256_madd_epi16(products, _mm256_set1_epi16(1)));
  }
  static Sums whole(Sums sums, int32_t) { return sums; }
};
/** Four bits: sixteen products fit in 16 bits, so a block's are summed there. */
template <>
struct Way<false> {
  static Line factors(Line weights) { return weights; }
  static Sums begin(int32_t) { return _mm256_setzero_si256(); }
  static Sums dot(Sums sums, Line weights, const int8_t* from) {
    return _mm256_add_epi16(sums, _mm256_maddubs_epi16(weights, four(from)));
  }
  static Sums whole(Sums sums, int32_t start) {
    return _mm256_add_epi32(_mm256_madd_epi16(sums, _mm256_set1_epi16(1)), _mm256_set1_epi32(start));
  }
};

#include "block-product.h"

}  // namespace avx2
}  // namespace uniarm
#pragma GCC pop_options

namespace uniarm {
BlockProduct avx2Product() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") ? &avx2::product : nullptr;
}
}  // namespace uniarm
#else
namespace uniarm {
BlockProduct avx2Product() { return nullptr; }
}  // namespace uniarm
#endif
