#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")

namespace uniarm {
namespace avx2 {

#include "block-lanes-256.h"

/** Activations as one integer of 16 bits each; weights of columns 0 and 2 side by side, and of 1 and 3. */
template <bool eights>
struct Way {
  typedef int16_t Value;
  static constexpr int kTile = 12;
  struct Factors {
    Line even, odd;
  };
  static Factors factors(Line weights) {
    if (!eights) return {_mm256_and_si256(weights, _mm256_set1_epi16(255)), _mm256_srli_epi16(weights, 8)};
    const Line plain = _mm256_xor_si256(weights, _mm256_set1_epi8(-128));
    return {_mm256_srai_epi16(_mm256_slli_epi16(plain, 8), 8), _mm256_srai_epi16(plain, 8)};
  }
  static Sums begin(int32_t start) { return _mm256_set1_epi32(eights ? 0 : start); }
  static Sums dot(Sums sums, const Factors& weights, const int16_t* from) {
    const Sums even = _mm256_madd_epi16(weights.even, two(from)), odd = _mm256_madd_epi16(weights.odd, two(from + 2));
    sums = _mm256_add_epi32(_mm256_add_epi32(sums, even), odd);
    __asm__ volatile("" : "+x"(sums));  // GCC would begin the next rows first, and keep sums in memory for it
    return sums;
  }
  static Sums whole(Sums sums, int32_t) { return sums; }

 private:
  static Line two(const int16_t* from) { return four(reinterpret_cast<const int8_t*>(from)); }
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
