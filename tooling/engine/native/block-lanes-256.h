// What paths of 256 bits (AVX2) share, but for the products. Included inside a path's namespace, for its own instructions.
constexpr int kParts = 2;
typedef __m256i Sums, Line;
typedef __m256 Totals;
/** Activations as two integers of 8 bits each. */
struct Bytes {
  typedef int8_t Value;
  static constexpr int kTile = 4;
};
static inline Totals none() { return _mm256_setzero_ps(); }
static inline Line line(const uint8_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
static inline Line lower(Line both) { return _mm256_and_si256(both, _mm256_set1_epi8(15)); }
static inline Line upper(Line both) { return lower(_mm256_srli_epi16(both, 4)); }
static inline __m256i four(const int8_t* from) {
  int32_t bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return _mm256_set1_epi32(bytes);
}
static inline Totals added(Totals totals, Sums sums, const float* scales, float factor) {
  const __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(scales), _mm256_set1_ps(factor));
  return _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), scaled, totals);
}
static inline Totals plus(Totals totals, const float* values, float factor) {
  return _mm256_fmadd_ps(_mm256_loadu_ps(values), _mm256_set1_ps(factor), totals);
}
static inline void put(float* to, Totals totals) { _mm256_storeu_ps(to, totals); }
static inline void widen(const uint8_t* from, long count, float* to) {
  for (long at = 0; at < count; at += 8)
    _mm256_storeu_ps(to + at, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 2 * at))));
}
