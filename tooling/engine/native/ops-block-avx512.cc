#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,fma")

namespace uniarm {
namespace avx512 {

#include "block-lanes-512.h"

template <bool eights>
struct Way : Bytes {
  /** Two products of bytes must fit in 16 bits: weights without their sign, and activations with it. */
  struct Factors {
    Line sizes;
    __mmask64 negative;
  };
  static Factors factors(Line weights) {
    const Line plain = _mm512_xor_si512(weights, _mm512_set1_epi8(-128));
    return {_mm512_abs_epi8(plain), _mm512_movepi8_mask(plain)};
  }
  static Sums begin(int32_t) { return _mm512_setzero_si512(); }
  static Sums dot(Sums sums, const Factors& weights, const int8_t* from) {
    const Line x = four(from), turned = _mm512_mask_sub_epi8(x, weights.negative, _mm512_setzero_si512(), x);
    const Line products = _mm512_maddubs_epi16(weights.sizes, turned);
    return _mm512_add_epi32(sums, _mm512_madd_epi16(products, _mm512_set1_epi16(1)));
  }
  static Sums whole(Sums sums, int32_t) { return sums; }
};
/** Four bits: sixteen products fit in 16 bits, so a block's are summed there. */
template <>
struct Way<false> : Bytes {
  static Line factors(Line weights) { return weights; }
  static Sums begin(int32_t) { return _mm512_setzero_si512(); }
  static Sums dot(Sums sums, Line weights, const int8_t* from) {
    return _mm512_add_epi16(sums, _mm512_maddubs_epi16(weights, four(from)));
  }
  static Sums whole(Sums sums, int32_t start) {
    return _mm512_add_epi32(_mm512_madd_epi16(sums, _mm512_set1_epi16(1)), _mm512_set1_epi32(start));
  }
};

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
