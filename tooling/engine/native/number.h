// Several numbers at a time, in float32 whatever they are stored as: as many as one register of the CPU holds. GCC keeps
// wider vectors in memory, which made everything here several times slower.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__FMA__)
#include <immintrin.h>
#endif

namespace uniarm {

#define UNIARM_INLINE inline __attribute__((always_inline))

/** The upper half of a float32. */
struct bfloat16 {
  uint16_t bits;
};

#if defined(__AVX512F__)
constexpr long kLanes = 16, kRegisters = 32;
#elif defined(__AVX__)
constexpr long kLanes = 8, kRegisters = 16;
#elif defined(__aarch64__)
constexpr long kLanes = 4, kRegisters = 32;
#else
constexpr long kLanes = 4, kRegisters = 16;
#endif
typedef float Floats __attribute__((vector_size(4 * kLanes)));
typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));
typedef uint32_t Words __attribute__((vector_size(4 * kLanes)));
typedef uint16_t Halves __attribute__((vector_size(2 * kLanes)));

/** Rows of this many numbers are whole registers on every CPU. */
constexpr long kAlignment = 16;
constexpr long padded(long count) { return (count + kAlignment - 1) / kAlignment * kAlignment; }
/** The same for this CPU alone. */
constexpr long toLanes(long count) { return (count + kLanes - 1) / kLanes * kLanes; }

/** Less zero, not plus: x - 0 is x whatever its sign, so the CPU has nothing to add and reads the number where it lies. */
UNIARM_INLINE Floats all(float value) { return value - Floats{}; }

UNIARM_INLINE Floats load(const float* from) {
  Floats values;
  std::memcpy(&values, from, sizeof values);
  return values;
}
UNIARM_INLINE Floats load(const bfloat16* from) {
#if defined(__AVX2__) && defined(__FMA__) && !defined(__AVX512F__)  // GCC widens each half of the register by itself and puts them together
  return (Floats)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))), 16);
#else
  Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  return (Floats)(__builtin_convertvector(halves, Words) << 16);
#endif
}
UNIARM_INLINE void store(float* to, Floats values) { std::memcpy(to, &values, sizeof values); }
/** Rounds to the nearest, ties to even; numbers below 1e-38 may become 0. */
UNIARM_INLINE void store(bfloat16* to, Floats values) {
#if defined(__AVX512BF16__)
  const __m256bh halves = _mm512_cvtneps_pbh((__m512)values);
#else
  const Words bits = (Words)values;
  const Halves halves = __builtin_convertvector((bits + 0x7fff + ((bits >> 16) & 1)) >> 16, Halves);
#endif
  std::memcpy(to, &halves, sizeof halves);
}

/** sums + a * b, rounded once where the CPU can: GCC would decide for each loop, and sums of one order would differ in bits. */
UNIARM_INLINE Floats addProduct(Floats sums, Floats a, Floats b) {
#if defined(__AVX512F__)
  return (Floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)sums);
#elif defined(__FMA__)
  return (Floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)sums);
#else
  return sums + a * b;
#endif
}

UNIARM_INLINE float toFloat(float value) { return value; }
UNIARM_INLINE float toFloat(bfloat16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof wide);
  return wide;
}
UNIARM_INLINE void assign(float& to, float value) { to = value; }
UNIARM_INLINE void assign(bfloat16& to, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  to.bits = static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/** The first `count` numbers; the others read as 0. */
template <class E>
UNIARM_INLINE Floats load(const E* from, long count) {
  if (count >= kLanes) return load(from);
  float values[kLanes] = {};
  for (long lane = 0; lane < count; lane++) values[lane] = toFloat(from[lane]);
  return load(values);
}
template <class E>
UNIARM_INLINE void store(E* to, Floats values, long count) {
  if (count >= kLanes) {
    store(to, values);
    return;
  }
  for (long lane = 0; lane < count; lane++) assign(to[lane], values[lane]);
}

/** Combines the halves of a vector of N numbers until one is left, in registers: numbers of a vector one by one are in memory. */
template <long N, class Vector, class Combine>
UNIARM_INLINE float reduced(const Vector& values, const Combine& combine) {
  if constexpr (N == 1) {
    return values[0];
  } else {
    constexpr long kHalf = N / 2;
    typedef float Half __attribute__((vector_size(4 * (kHalf > 1 ? kHalf : 2))));  // none has one number
    Half lower{}, upper{};
    std::memcpy(&lower, &values, 4 * kHalf);
    std::memcpy(&upper, reinterpret_cast<const char*>(&values) + 4 * kHalf, 4 * kHalf);
    return reduced<kHalf>(combine(lower, upper), combine);
  }
}
UNIARM_INLINE float sum(const Floats& values) {
  return reduced<kLanes>(values, [](auto a, auto b) { return a + b; });
}
UNIARM_INLINE Floats larger(Floats a, Floats b) { return a > b ? a : b; }
UNIARM_INLINE float largest(const Floats& values) {
  return reduced<kLanes>(values, [](auto a, auto b) { return b > a ? b : a; });
}

/** e^x, relative error below 2e-7 (Cephes' expf); 0 below -87. */
UNIARM_INLINE Floats exponential(Floats x) {
  const Floats clamped = larger(x < all(88.3f) ? x : all(88.3f), all(-87.3f));
  const Floats scaled = clamped * 1.44269504088896341f;
  const Floats shifted = scaled + 12582912.0f;  // 1.5 * 2^23: the sum's low bits are the rounded integer
  const Floats whole = shifted - 12582912.0f;
  const Floats rest = clamped - whole * 0.693359375f + whole * 2.12194440e-4f;
  Floats y = all(1.9875691500e-4f);
  y = y * rest + 1.3981999507e-3f;
  y = y * rest + 8.3334519073e-3f;
  y = y * rest + 4.1665795894e-2f;
  y = y * rest + 1.6666665459e-1f;
  y = y * rest + 5.0000001201e-1f;
  y = y * rest * rest + rest + 1.0f;
  const Ints power = __builtin_convertvector(whole, Ints);
  y *= (Floats)((power + 127) << 23);
  // a NaN compares false, so it takes the last branch and stays one
  return x < all(-87.3f) ? all(0.0f) : (x == x ? y : x);
}

/** log sum exp of a row. */
template <class E>
inline float logSumExp(const E* row, long width) {
  Floats highest = all(-INFINITY);
  for (long at = 0; at < width; at += kLanes) {
    const long left = width - at;
    if (left >= kLanes) highest = larger(load(row + at), highest);
    else
      for (long lane = 0; lane < left; lane++) highest[lane] = std::max(highest[lane], toFloat(row[at + lane]));
  }
  const float top = largest(highest);
  Floats total{};
  for (long at = 0; at < width; at += kLanes) {
    const long left = width - at;
    Floats part = exponential(load(row + at, left) - top);
    for (long lane = std::max(0L, left); lane < kLanes; lane++) part[lane] = 0;
    total += part;
  }
  return top + std::log(sum(total));
}

/** Calls work with a pointer of the type that tensors are stored in. */
template <class Work>
void withType(bool half, const Work& work) {
  if (half) work(static_cast<bfloat16*>(nullptr));
  else work(static_cast<float*>(nullptr));
}
template <class Work>
void withTypes(bool firstHalf, bool secondHalf, const Work& work) {
  withType(firstHalf, [&](auto* first) { withType(secondHalf, [&](auto* second) { work(first, second); }); });
}

}  // namespace uniarm
