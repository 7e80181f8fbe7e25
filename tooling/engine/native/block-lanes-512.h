// What paths of 512 bits (AVX-512) share, but for `dot`. Included inside a path's namespace, for its own instructions.
constexpr int kParts = 1, kTile = 8;
typedef __m512i Sums, Line, Pair;
static inline Sums zero() { return _mm512_setzero_si512(); }
static inline Line line(const int16_t* from) { return _mm512_load_si512(from); }
static inline Pair pair(const int16_t* from) {
  int32_t both;
  std::memcpy(&both, from, sizeof both);
  return _mm512_set1_epi32(both);
}
static inline void addScaled(float* to, Sums sums, const float* scales, float factor) {
  const __m512 scaled = _mm512_mul_ps(_mm512_load_ps(scales), _mm512_set1_ps(factor));
  _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), scaled, _mm512_loadu_ps(to)));
}
static inline void addAll(float* to, const float* from, float factor) {
  _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_load_ps(from), _mm512_set1_ps(factor), _mm512_loadu_ps(to)));
}
