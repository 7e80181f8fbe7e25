// What paths of 512 bits (AVX-512) share, but for the products. Included inside a path's namespace, for its own instructions.
constexpr int kParts = 1;
typedef __m512i Sums, Line;
typedef __m512 Totals;
/** Activations as two integers of 8 bits each. */
struct Bytes {
  typedef int8_t Value;
  static constexpr int kTile = 12;
};
static inline Totals none() { return _mm512_setzero_ps(); }
static inline Line line(const uint8_t* from) { return _mm512_loadu_si512(from); }
static inline Line lower(Line both) { return _mm512_and_si512(both, _mm512_set1_epi8(15)); }
static inline Line upper(Line both) { return lower(_mm512_srli_epi16(both, 4)); }
static inline __m512i four(const int8_t* from) {
  int32_t bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return _mm512_set1_epi32(bytes);
}
static inline Totals added(Totals totals, Sums sums, const float* scales, float factor) {
  const __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(scales), _mm512_set1_ps(factor));
  return _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), scaled, totals);
}
static inline Totals plus(Totals totals, const float* values, float factor) {
  return _mm512_fmadd_ps(_mm512_loadu_ps(values), _mm512_set1_ps(factor), totals);
}
static inline void put(float* to, Totals totals) { _mm512_storeu_ps(to, totals); }
static inline void widen(const uint8_t* from, long count, float* to) {
  for (long at = 0; at < count; at += 16)
    _mm512_storeu_ps(to + at, _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 2 * at))));
}
