#include "block-path.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx2,fma,avxvnni")

namespace uniarm {
namespace avxvnni {

constexpr int kParts = 2, kTile = 4;
typedef __m256i Sums, Line, Pair;
static inline Sums zero() { return _mm256_setzero_si256(); }
static inline Line line(const int16_t* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }
static inline Pair pair(const int16_t* from) {
  int32_t both;
  std::memcpy(&both, from, sizeof both);
  return _mm256_set1_epi32(both);
}
static inline Sums dot(Sums sums, Line line, Pair both) { return _mm256_dpwssd_avx_epi32(sums, line, both); }
static inline void addScaled(float* to, Sums sums, const float* scales, float factor) {
  const __m256 scaled = _mm256_mul_ps(_mm256_load_ps(scales), _mm256_set1_ps(factor));
  _mm256_storeu_ps(to, _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), scaled, _mm256_loadu_ps(to)));
}
static inline void addAll(float* to, const float* from, float factor) {
  for (int part = 0; part < 16; part += 8)
    _mm256_storeu_ps(to + part, _mm256_fmadd_ps(_mm256_load_ps(from + part), _mm256_set1_ps(factor), _mm256_loadu_ps(to + part)));
}

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
