// What paths of 256 bits (AVX2) share, but for `dot`. Included inside a path's namespace, for its own instructions.
constexpr int kParts = 2, kTile = 4;
typedef __m256i Sums, Line, Pair;
static inline Sums zero() { return _mm256_setzero_si256(); }
static inline Line line(const int16_t* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }
static inline Pair pair(const int16_t* from) {
  int32_t both;
  std::memcpy(&both, from, sizeof both);
  return _mm256_set1_epi32(both);
}
static inline void addScaled(float* to, Sums sums, const float* scales, float factor) {
  const __m256 scaled = _mm256_mul_ps(_mm256_load_ps(scales), _mm256_set1_ps(factor));
  _mm256_storeu_ps(to, _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), scaled, _mm256_loadu_ps(to)));
}
static inline void addAll(float* to, const float* from, float factor) {
  for (int part = 0; part < 16; part += 8)
    _mm256_storeu_ps(to + part, _mm256_fmadd_ps(_mm256_load_ps(from + part), _mm256_set1_ps(factor), _mm256_loadu_ps(to + part)));
}
