#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,fma")

namespace uniarm {
namespace avx512 {

constexpr int kParts = 1, kTile = 8;
typedef __m512i Sums, Line, Pair;
static inline Sums zero() { return _mm512_setzero_si512(); }
static inline Line line(const int16_t* from) { return _mm512_load_si512(from); }
static inline Pair pair(const int16_t* from) {
  int32_t both;
  std::memcpy(&both, from, sizeof both);
  return _mm512_set1_epi32(both);
}
static inline Sums dot(Sums sums, Line line, Pair both) { return _mm512_add_epi32(sums, _mm512_madd_epi16(line, both)); }
static inline void addScaled(float* to, Sums sums, const float* scales, float factor) {
  const __m512 scaled = _mm512_mul_ps(_mm512_load_ps(scales), _mm512_set1_ps(factor));
  _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), scaled, _mm512_loadu_ps(to)));
}
static inline void addAll(float* to, const float* from, float factor) {
  _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_load_ps(from), _mm512_set1_ps(factor), _mm512_loadu_ps(to)));
}

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
