#include "block-path.h"

// a product and a sum are fused in some of the loops and not in others, and a row's numbers must not depend on which it went through
#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

namespace uniarm {
namespace portable {

constexpr int kParts = 1;
struct Sums {
  int32_t of[kGroup];
};
struct Totals {
  float of[kGroup];
};
struct Line {
  uint8_t of[kLineBytes];
};
/** Activations as two integers of 8 bits each. */
struct Bytes {
  typedef int8_t Value;
  static constexpr int kTile = 2;
};
static inline Totals none() { return {}; }
static inline Line line(const uint8_t* from) {
  Line made;
  std::memcpy(made.of, from, sizeof made.of);
  return made;
}
static inline Line lower(Line both) {
  for (uint8_t& byte : both.of) byte &= 15;
  return both;
}
static inline Line upper(Line both) {
  for (uint8_t& byte : both.of) byte >>= 4;
  return both;
}
template <bool>
struct Way : Bytes {
  static const Line& factors(const Line& weights) { return weights; }
  static Sums begin(int32_t start) {
    Sums made;
    for (int32_t& sum : made.of) sum = start;
    return made;
  }
  static Sums dot(Sums sums, const Line& weights, const int8_t* x) {
    for (long row = 0; row < kGroup; row++) {
      const uint8_t* own = weights.of + kLineColumns * row;
      sums.of[row] += own[0] * x[0] + own[1] * x[1] + own[2] * x[2] + own[3] * x[3];
    }
    return sums;
  }
  static const Sums& whole(const Sums& sums, int32_t) { return sums; }
};
static inline Totals added(Totals totals, const Sums& sums, const float* scales, float factor) {
  for (long row = 0; row < kGroup; row++) totals.of[row] += static_cast<float>(sums.of[row]) * (scales[row] * factor);
  return totals;
}
static inline Totals plus(Totals totals, const float* values, float factor) {
  for (long row = 0; row < kGroup; row++) totals.of[row] += values[row] * factor;
  return totals;
}
static inline void put(float* to, const Totals& totals) { std::memcpy(to, totals.of, sizeof totals.of); }

#include "block-product.h"

}  // namespace portable

BlockProduct portableProduct() { return &portable::product; }

}  // namespace uniarm
